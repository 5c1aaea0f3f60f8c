import type { MfaContext } from '../context.ts'
import { isFido } from '../fido/fido-device.ts'
import { invalidValue, type MfaError, refusal } from '../mfa-error.ts'
import { digestOf } from '../otp/sent-code.ts'
import { minutes, toMilliseconds } from '../parse.ts'
import type { DevicePolicy } from '../policies.ts'
import { attempt, type FailedAttempt, type FailureRule, toRefusal } from '../users/attempt.ts'
import { failureRule, type Judged, judgeCode } from '../users/codes.ts'
import { type Device, isContact, UNLOCKED } from '../users/device.ts'
import { provenBefore, withProof } from '../users/tries.ts'
import { changeUser, type User, withChangedDevice } from '../users/user.ts'
import { askAboutKey } from '../yubikey/ask-about-key.ts'
import { purposeOf } from './engage-device.ts'

/** Guesses that no challenge counts are counted by their devices, which then rest at least so long. */
const LEAST_COOL_DOWN = minutes(1)

/** A code that came with the wish to authenticate. */
export interface CodeInHand {
  /** The challenge that is about to be. */
  readonly challenge: string
  readonly until: number
  readonly user: string
  readonly otp: string
}

/**
 * Seed 001: "If the Device ID is not provided, the OTP is validated against all the applicable devices." Answers the device
 * it is of; throws when it is of none, having counted one wrong code on each that was looked at.
 * @param candidates those that may be looked at: what makes no codes itself, or is locked, is left out
 */
export async function proveAtOnce(
  context: MfaContext,
  { challenge, until, user: userId, otp }: CodeInHand,
  candidates: readonly Device[],
  policy: DevicePolicy,
): Promise<Device> {
  const proof = digestOf(context.otpKeys[0], purposeOf(challenge), 'in hand', otp)
  const ids = new Set(candidates.map(({ id }) => id))
  const asked = await askAboutKey(context, candidates, otp, challenge)
  const proven = await changeUser<Device | MfaError>(context, userId, (user, now) => {
    const before = provenBefore(user, challenge, proof)
    const again = before && user.devices.find(({ id }) => id === before)
    if (again) return { result: again }
    const judged = user.devices
      .filter(({ id, lock }) => ids.has(id) && now >= lock.until)
      .flatMap((device) => judgeCode(device, otp, now, asked) ?? [])
    const right = judged.find(({ verdict }) => verdict === 'right')?.device
    if (!right) return countWrong(user, judged, policy, now)
    const taken = { ...right, lock: UNLOCKED }
    const next = withProof(withChangedDevice(user, taken), { challenge, until, proof, device: right.id }, now)
    return { next, result: taken }
  })
  if (proven instanceof Error) throw proven
  return proven
}

function countWrong(
  user: User,
  judged: readonly Judged<Device>[],
  policy: DevicePolicy,
  now: number,
): { next: User; result: MfaError } {
  if (judged.length === 0) {
    return {
      next: user,
      result: refusal('REQUEST_FAILED', 'NO_USABLE_DEVICES', 'No device of the user’s makes codes.'),
    }
  }
  let next = user
  let best: FailedAttempt = { outcome: 'spent' }
  for (const { verdict, device } of judged) {
    const known = user.devices.find(({ id }) => id === device.id) ?? device
    const ended = attempt(known.lock, verdict, resting(failureRule(policy, device.type)), now)
    next = withChangedDevice(next, { ...known, lock: ended.lock })
    if ('attemptsRemaining' in ended.attempt) best = ended.attempt
  }
  return { next, result: toRefusal(best, now) }
}

function resting({ count, coolDown }: FailureRule): FailureRule {
  return { count, coolDown: toMilliseconds(coolDown) > 0 ? coolDown : LEAST_COOL_DOWN }
}

/** Throws when a device that was named makes no codes. */
export function demandMakesCodes(device: Device): void {
  if (!isContact(device) && !isFido(device)) return
  throw invalidValue('otp', 'The selected device makes no codes by itself.')
}
