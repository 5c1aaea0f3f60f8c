import type { Claim, Delivery, Display, NumberMatching } from '../protocol/challenge.ts'
import type { AuthenticationStep } from '../protocol/mfa.ts'
import type { Receipt } from '../protocol/statement.ts'
import { type Document, defineKind } from '../store/store.ts'

/** How long a completed challenge stays readable, so that a late poller learns how it ended. Milliseconds. */
export const GRACE_MS = 300_000

/** So many wrong numbers make a challenge `denied`. */
export const NUMBER_ATTEMPTS = 3

/** One question put to a person (or decided by backends alone), with a deadline. Times are epoch milliseconds. */
export interface Challenge extends Document {
  readonly id: string
  readonly status: string
  readonly complete: boolean
  /** The version at which the status word last changed: what waiting compares. */
  readonly statusVersion: number
  readonly createdAt: number
  readonly statusUpdatedAt: number
  readonly expiresAt: number
  readonly purgeAt: number
  readonly updatedByFlowId?: string | undefined
  readonly claims: readonly Claim[]
  /** The only person who may answer; without one, backends alone decide. */
  readonly approver?: string | undefined
  readonly display?: Display | undefined
  readonly numberMatching?: ExpectedNumber | undefined
  readonly decidedBy?: Approver | undefined
  readonly authentication?: AuthenticationPart | undefined
  readonly reason?: string | undefined
  /** With an authentication: what its device is asked at the moment; none: nothing. */
  readonly asked?: Asked | undefined
  /** How far the question has come on its way to the person. */
  readonly delivery?: Delivery | undefined
  /** The last signed answer. */
  readonly receipt?: Receipt | undefined
}

/** A question that goes to one device of the approver's. */
export interface Asked {
  readonly device: string
  /** The challenge's version at which it was asked: an answer to an earlier question is none to this. */
  readonly version: number
  /** Epoch milliseconds. */
  readonly until: number
}

/** What the engine above keeps with a challenge that asks a person to prove who they are. */
export interface AuthenticationPart {
  /** What whoever waits is shown of it. */
  readonly step: AuthenticationStep
  /** The engine's own: shown to nobody. */
  readonly kept: unknown
  /** Whether the challenge has ended with this very step. */
  readonly hasEnded?: boolean
}

/** The digits the page shows and the approver must type. */
export interface ExpectedNumber {
  readonly digits: NumberMatching
  readonly number: string
  readonly attemptsRemaining: number
  /** The signature of the last wrong one, where devices sign: the same said again costs nothing. */
  readonly lastWrong?: string | undefined
}

/** A person, at a device. */
export interface Approver {
  readonly user: string
  readonly device?: string | undefined
}

/** Whether this person, at this device, is asked it now. */
export function isAskedOf(challenge: Challenge, { user, device }: Approver): boolean {
  const { approver, authentication, asked, complete } = challenge
  if (complete || approver !== user) return false
  // A plain question goes to every device of theirs; an authentication asks one of them, or at the moment none.
  return asked ? asked.device === device : authentication === undefined
}

/** Whether it asks anybody anything now: a plain one does as long as it is there, an authentication at times. */
export function isAsked({ authentication, asked }: Challenge): boolean {
  return asked !== undefined || authentication === undefined
}

/** When time changes it next, if nobody does. Epoch milliseconds. */
export function dueAt({ expiresAt, asked }: Challenge): number {
  return asked ? Math.min(asked.until, expiresAt) : expiresAt
}

/** The same, over by then at the latest: nobody is ever given more time than they were told. @param until epoch milliseconds */
export function shortened(challenge: Challenge, until: number): Challenge {
  if (challenge.complete || until >= challenge.expiresAt) return challenge
  return { ...challenge, expiresAt: until, purgeAt: until + GRACE_MS }
}

/** When a complete challenge was completed. */
export function completedAt({ purgeAt }: Challenge): number {
  return purgeAt - GRACE_MS
}

export const CHALLENGE = defineKind<Challenge>('challenge')
