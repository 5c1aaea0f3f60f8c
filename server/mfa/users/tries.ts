import { refusal } from '../mfa-error.ts'
import { minutes, seconds, toMilliseconds } from '../parse.ts'
import { type Attempt, attempt, type FailureRule, type Verdict } from './attempt.ts'
import { type Device, type DeviceLock, UNLOCKED } from './device.ts'
import { type User, withChangedDevice } from './user.ts'

/** What was tried for one challenge. */
export interface Tries {
  readonly challenge: string
  /** Wrong codes for this challenge. */
  readonly failures: number
  /** What was proven: a digest of the code that was right, of the device it is of, and of what was sent to it. */
  readonly proof?: string | undefined
  /** The device it was proven by, where the challenge does not say. */
  readonly device?: string | undefined
  /** When the challenge is over at the latest, and this need not be known any more. Epoch milliseconds. */
  readonly until: number
}

/** So many challenges of one user may be under way that something was tried for. */
const MOST_TRIED = 500

/**
 * A device that makes codes itself is guessed at over any number of challenges: where the policy knows no cool-down, so many
 * wrong ones in a row make it rest all the same.
 */
const GUESSES = { count: 10, coolDown: minutes(1) }

/** A code that was tried for a challenge. */
export interface Tried {
  readonly challenge: string
  readonly until: number
  readonly verdict: Verdict
  /** Of the code, whatever it is, its device, and what was sent to it. */
  readonly proof: string
  /** Whether the device makes codes itself. */
  readonly makesCodes: boolean
  /** The device it is of, as it is once the code is taken; undefined: one for this challenge only. */
  readonly device?: Device | undefined
}

/**
 * Spends an attempt of a user's. It is spent here, before the challenge moves: a crash between leaves "spent, not granted",
 * and whoever says the same code again for the same challenge is granted it.
 */
export function spend(user: User, tried: Tried, rule: FailureRule, now: number): Spent {
  const { challenge, until, verdict, proof, device } = tried
  const live = (user.tries ?? []).filter((each) => each.until > now)
  const before = live.find((each) => each.challenge === challenge) ?? { challenge, failures: 0, until }
  if (before.proof === proof) return { user, attempt: { outcome: 'right' }, wasProven: true }
  const others = live.filter((each) => each.challenge !== challenge)
  if (others.length >= MOST_TRIED) throw tooManyTried(others, now)

  const known = device && user.devices.find(({ id }) => id === device.id)
  const isOnDevice = known !== undefined && toMilliseconds(rule.coolDown) > 0
  const lock = isOnDevice ? known.lock : { failures: before.failures, until: known?.lock.until ?? 0 }
  const ended = attempt(lock, verdict, isOnDevice ? rule : { ...rule, coolDown: NONE }, now)
  const spent = { attempt: ended.attempt, wasProven: before.proof !== undefined }
  const isRight = ended.attempt.outcome === 'right'
  if (!isRight && ended.lock === lock) return { user, ...spent }

  const tries: Tries = { ...before, ...(isRight ? { proof } : !isOnDevice && { failures: ended.lock.failures }) }
  const counted = { ...user, tries: [...others, tries] }
  if (!known) return { user: counted, ...spent }
  // A right code is taken, and makes the wrong ones before it forgotten; a wrong one leaves its device as it was, but for the count.
  const changed = isRight
    ? { ...device, lock: UNLOCKED }
    : { ...known, lock: isOnDevice ? ended.lock : guessed(known, tried, now) }
  return { user: withChangedDevice(counted, changed), ...spent }
}

/** What an attempt has made of a user. */
export interface Spent {
  readonly user: User
  readonly attempt: Attempt
  /** Something was proven for this challenge already: its answer is under way, and a wrong code after it is no end. */
  readonly wasProven: boolean
}

/** A code that was sent is good for its challenge only; what makes codes itself can be guessed at again and again. */
function guessed({ lock }: Device, { verdict, makesCodes }: Tried, now: number): DeviceLock {
  return makesCodes ? attempt(lock, verdict, GUESSES, now).lock : lock
}

function tooManyTried(tries: readonly Tries[], now: number) {
  const retryAfter = (Math.min(...tries.map(({ until }) => until)) - now) / 1_000
  return refusal('REQUEST_LIMITED', 'LIMIT_EXCEEDED', 'Too many authentications of this user are under way.', {
    retryAfter,
  })
}

/** The device by which this very code has proven this very challenge already; undefined: it has not. */
export function provenBefore({ tries = [] }: User, challenge: string, proof: string): string | undefined {
  return tries.find((each) => each.challenge === challenge && each.proof === proof)?.device
}

/** Keeps what was proven before the challenge is there to say so. */
export function withProof(user: User, proven: Omit<Tries, 'failures'>, now: number): User {
  const live = (user.tries ?? []).filter((each) => each.until > now)
  const before = live.find((each) => each.challenge === proven.challenge)
  const others = live.filter((each) => each !== before)
  if (others.length >= MOST_TRIED) throw tooManyTried(others, now)
  return { ...user, tries: [...others, { ...proven, failures: before?.failures ?? 0 }] }
}

const NONE = seconds(0)
