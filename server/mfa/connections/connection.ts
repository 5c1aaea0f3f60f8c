import { type Document, defineKind } from '../../store/store.ts'

/** How whoever stands behind a connection proves it: by a code that one of their devices is sent, or by reading a picture. */
export type Means = 'code' | 'picture'

/** A number that stands for a user, and through which one authentication at a time runs. */
export interface Connection extends Document {
  readonly user: string
  readonly by: Means
  /** How long an authentication may take that is begun on it. Seconds. */
  readonly challengeTimeout: number
  /** What runs on it, or ran last; undefined: nothing has since it was bound. */
  readonly latest?: Run | undefined
  /** What ran for whom it was bound to before: to be ended, should it still be open. */
  readonly former?: string | undefined
  /** Questions are counted per connection, and no number is given twice: the first one that was, and the next one to be. */
  readonly firstNumber: number
  readonly nextNumber: number
}

/** One authentication: named before it is there. */
export interface Run {
  readonly challenge: string
  /** Of its first question; that of its second one is the next. */
  readonly number: number
  readonly begunAt: number
}

/** Which device, and what it was sent: a run may ask so much. */
export const QUESTIONS = 2

export const CONNECTION = defineKind<Connection>('connection')

/** As the store names it: connections are numbers, 1…2^53-1. */
export function nameOf(number: number): string {
  return String(number)
}
