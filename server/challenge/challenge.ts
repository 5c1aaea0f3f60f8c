import type { Claim, Display, NumberMatching } from '../protocol/challenge.ts'
import type { AuthenticationStep } from '../protocol/mfa.ts'
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
}

/** What the engine above keeps with a challenge that asks a person to prove who they are. */
export interface AuthenticationPart {
  /** What whoever waits is shown of it. */
  readonly step: AuthenticationStep
  /** The engine's own: shown to nobody. */
  readonly kept: unknown
}

/** The digits the page shows and the approver must type. */
export interface ExpectedNumber {
  readonly digits: NumberMatching
  readonly number: string
  readonly attemptsRemaining: number
}

/** A person, at a device. */
export interface Approver {
  readonly user: string
  readonly device?: string | undefined
}

/** When a complete challenge was completed. */
export function completedAt({ purgeAt }: Challenge): number {
  return purgeAt - GRACE_MS
}

export const CHALLENGE = defineKind<Challenge>('challenge')
