import { refusal } from '../mfa-error.ts'
import type { User, UserChange } from './user.ts'

/** The only authentication of a user's that counts, where there may be but one; and those whose place it has taken. */
export interface Sole {
  /** Undefined: none does. */
  readonly named?: Named | undefined
  /** Newest first: whoever comes next sees to it that they are over, and none of them is ever named again. */
  readonly before: readonly Named[]
}

export interface Named {
  readonly challenge: string
  /** When it is over in any case. Epoch milliseconds. */
  readonly until: number
}

/** So many are remembered: enough that a creation which is repeated finds itself among them. */
const MOST_REMEMBERED = 20

const NONE: Sole = { before: [] }

/** Only what the user's document names proves anything: it is asked again whenever something would come of it. */
export function isNamed({ sole = NONE }: User, challenge: string): boolean {
  return sole.named?.challenge === challenge
}

/** Names an authentication that is about to be opened. Throws when another one has taken its place already. */
export function naming(user: User, named: Named, now: number): UserChange<undefined> {
  const { sole = NONE } = user
  if (isNamed(user, named.challenge)) return { result: undefined }
  if (sole.before.some(({ challenge }) => challenge === named.challenge)) throw replaced()
  return { next: { ...user, sole: { named, before: past(sole, now) } }, result: undefined }
}

/** No authentication counts any more, if it was this one that did. */
export function unnaming(user: User, challenge: string, now: number): UserChange<undefined> {
  if (!isNamed(user, challenge)) return { result: undefined }
  return { next: { ...user, sole: { before: past(user.sole ?? NONE, now) } }, result: undefined }
}

/** One that was named could not be begun: the one before it counts again, if it is not over. */
export function restoring(user: User, challenge: string, now: number): UserChange<undefined> {
  if (!isNamed(user, challenge)) return { result: undefined }
  const [former, ...before] = (user.sole ?? NONE).before
  const named = former && former.until > now ? former : undefined
  return { next: { ...user, sole: { named, before } }, result: undefined }
}

function past({ named, before }: Sole, now: number): readonly Named[] {
  return [...(named ? [named] : []), ...before].filter(({ until }) => until > now).slice(0, MOST_REMEMBERED)
}

export function replaced() {
  return refusal('CONFLICT', 'AUTHENTICATION_COMPLETE', 'A newer authentication of this user has taken its place.')
}
