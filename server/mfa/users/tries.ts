import { toMilliseconds } from '../parse.ts'
import { type Attempt, attempt, type FailureRule, type Verdict } from './attempt.ts'
import type { Device } from './device.ts'
import { type User, withChangedDevice } from './user.ts'

/** What was tried for one challenge. */
export interface Tries {
  readonly challenge: string
  /** Wrong codes, where no cool-down counts them on the device instead. */
  readonly failures: number
  /** What was proven: a digest of the code that was right. */
  readonly proof?: string | undefined
  /** The device it was proven by, where the challenge does not say. */
  readonly device?: string | undefined
  /** When the challenge is over at the latest, and this need not be known any more. Epoch milliseconds. */
  readonly until: number
}

/** A code that was tried for a challenge. */
export interface Tried {
  readonly challenge: string
  readonly until: number
  readonly verdict: Verdict
  /** Of the code, whatever it is. */
  readonly proof: string
  /** The device it is of, as it is once the code is taken; undefined: one for this challenge only. */
  readonly device?: Device | undefined
}

/**
 * Spends an attempt of a user's. It is spent here, before the challenge moves: a crash between leaves "spent, not granted",
 * and whoever says the same code again for the same challenge is granted it.
 */
export function spend(
  user: User,
  { challenge, until, verdict, proof, device }: Tried,
  rule: FailureRule,
  now: number,
): { readonly user: User; readonly attempt: Attempt } {
  const live = (user.tries ?? []).filter((each) => each.until > now)
  const before = live.find((each) => each.challenge === challenge) ?? { challenge, failures: 0, until }
  if (before.proof === proof) return { user, attempt: { outcome: 'right' } }
  // Proven already, by another code: nothing is left to try.
  if (before.proof !== undefined) return { user, attempt: { outcome: 'spent' } }

  const known = device && user.devices.find(({ id }) => id === device.id)
  const isOnDevice = known !== undefined && toMilliseconds(rule.coolDown) > 0
  const lock = isOnDevice ? known.lock : { failures: before.failures, until: known?.lock.until ?? 0 }
  const ended = attempt(lock, verdict, isOnDevice ? rule : { ...rule, coolDown: NONE }, now)
  const isRight = ended.attempt.outcome === 'right'
  if (!isRight && ended.lock === lock) return { user, attempt: ended.attempt }

  const tries: Tries = { ...before, ...(isRight ? { proof } : !isOnDevice && { failures: ended.lock.failures }) }
  const others = live.filter((each) => each.challenge !== challenge)
  const counted = { ...user, tries: [...others, tries] }
  if (!known) return { user: counted, attempt: ended.attempt }
  // A right code is taken, and makes the wrong ones before it forgotten; a wrong one leaves its device as it was, but for the count.
  const changed = isRight ? { ...device, lock: ended.lock } : isOnDevice ? { ...known, lock: ended.lock } : known
  return { user: withChangedDevice(counted, changed), attempt: ended.attempt }
}

/** The device by which this very code has proven this very challenge already; undefined: it has not. */
export function provenBefore({ tries = [] }: User, challenge: string, proof: string): string | undefined {
  return tries.find((each) => each.challenge === challenge && each.proof === proof)?.device
}

/** Keeps what was proven before the challenge is there to say so. */
export function withProof(user: User, proven: Omit<Tries, 'failures'>, now: number): User {
  const others = (user.tries ?? []).filter((each) => each.until > now && each.challenge !== proven.challenge)
  return { ...user, tries: [...others, { ...proven, failures: 0 }] }
}

const NONE = { duration: 0, timeUnit: 'SECONDS' } as const
