import type { AuthenticationStatus } from '../../protocol/mfa.ts'
import type { MfaContext } from '../context.ts'
import { refusal } from '../mfa-error.ts'
import { digestOf, verifySentCode } from '../otp/sent-code.ts'
import { parse } from '../parse.ts'
import { checkPicture } from '../pictures/check-picture.ts'
import { devicePolicies } from '../policies.ts'
import { type Attempt, toRefusal, type Verdict } from '../users/attempt.ts'
import { demandTypeAllowed, failureRule, type GivenCode, judgeCode } from '../users/codes.ts'
import { type Device, isActive } from '../users/device.ts'
import { spend } from '../users/tries.ts'
import { changeUser, readUser, type User } from '../users/user.ts'
import { askAboutKey } from '../yubikey/ask-about-key.ts'
import type { AskedKey } from '../yubikey/judge-key.ts'
import { type AuthenticatingChallenge, type Authentication, advanced, type Kept, methodsOf } from './authentication.ts'
import { passcode } from './authentication-body.ts'
import { purposeOf } from './engage-device.ts'
import { getOpenAuthentication, moveAuthentication } from './move-authentication.ts'
import { demandPlace } from './only-one.ts'
import { failed, NO_CODE } from './spent-code.ts'

/** Device Passcode: takes the code a person has typed. What it costs is saved before anything comes of it. */
export async function checkOtp(context: MfaContext, id: string, body: unknown): Promise<AuthenticatingChallenge> {
  const { otp } = parse(passcode, body)
  const challenge = await getOpenAuthentication(context, id)
  const { authentication } = challenge
  const { kept } = authentication
  if (kept.picture !== undefined) return checkPicture(context, challenge, otp)
  const type = demandCodeWanted(authentication)
  const policy = await devicePolicies.getOrDefault(context, kept.policy)
  demandTypeAllowed(context, policy, type, 'otp')
  const proof = proofOf(context, id, kept, otp)
  const asked = type === 'YUBIKEY' ? await askSelectedKey(context, challenge, otp) : undefined
  const spent = await changeUser(context, kept.user, (user, now) => {
    demandPlace(user, challenge)
    const { verdict, device, makesCodes } = judge(context, challenge, user, { otp, asked }, now)
    const tried = { challenge: id, until: challenge.expiresAt, verdict, proof, device, makesCodes }
    const { user: next, ...rest } = spend(user, tried, failureRule(policy, type), now)
    return { next, result: { ...rest, now } }
  })
  const { attempt, wasProven, now } = spent
  if (attempt.outcome === 'right')
    return moveAuthentication(context, id, (current) => completed(authentication, current))
  const isLast = isLastOf(attempt, kept)
  // The last wrong code ends it; where that was cut short, the next code does.
  if (isLast && !wasProven) await moveAuthentication(context, id, failed, 'whatever it is')
  // A code that was sent does not outlive the lock that guessing at it has brought.
  else if (kept.code && 'locks' in attempt && attempt.locks)
    await moveAuthentication(context, id, withoutCode, 'whatever it is')
  throw toRefusal(attempt, now)
}

/** What is kept of a code that was right: it says nothing of another device, nor of another code that was sent. */
function proofOf({ otpKeys: [key] }: MfaContext, id: string, { device, code }: Kept, otp: string): string {
  return digestOf(key, purposeOf(id), `${device ?? ''} ${code?.digest ?? ''}`, otp)
}

/** A phone that can't be reached makes codes all the same. */
const TAKES_CODES: readonly AuthenticationStatus[] = ['OTP_REQUIRED', 'PUSH_CONFIRMATION_REQUIRED']

function demandCodeWanted({ step }: Authentication): Device['type'] {
  if (TAKES_CODES.includes(step.status) && step.device) return step.device.type
  throw notWanted()
}

function notWanted() {
  const message = 'No code is wanted now: a device has to be selected.'
  return refusal('INVALID_REQUEST', 'INVALID_ACTION', message, { target: 'action' })
}

async function askSelectedKey(
  context: MfaContext,
  { id, authentication: { kept } }: AuthenticatingChallenge,
  otp: string,
): Promise<AskedKey | undefined> {
  const { devices } = await readUser(context, kept.user)
  const selected = devices.filter((device) => device.id === kept.device)
  return askAboutKey(context, selected, otp, id)
}

function judge(
  context: MfaContext,
  { id, authentication: { kept } }: AuthenticatingChallenge,
  { devices }: User,
  { otp, asked }: GivenCode,
  now: number,
): { verdict: Verdict; device: Device | undefined; makesCodes: boolean } {
  const device = devices.find((each) => each.id === kept.device)
  // Whatever it was sent, a device that is gone, or begins anew, proves nothing.
  if (kept.device !== undefined && !(device && isActive(device))) throw deviceGone()
  const judged = device && judgeCode(device, otp, now, asked)
  if (judged) return { ...judged, makesCodes: true }
  // A device that makes no codes itself, or is not one of the user's, was sent one.
  const verdict = verifySentCode(context.otpKeys, purposeOf(id), kept.code, otp, now)
  return { verdict, device, makesCodes: false }
}

function deviceGone() {
  const message = 'The device has been removed. Select another one.'
  return refusal('REQUEST_FAILED', 'DEVICE_NOT_ACTIVE', message, { target: 'otp' })
}

function completed(tried: Authentication, current: Authentication) {
  // Its owner has said no, or time was up, while this one was being looked at.
  if (!TAKES_CODES.includes(current.step.status)) throw notWanted()
  // The device or the code was changed while this one was being looked at.
  if (current.kept.device !== tried.kept.device || current.kept.code?.digest !== tried.kept.code?.digest) {
    throw refusal('REQUEST_FAILED', 'OTP_EXPIRED', 'The code has been replaced by another one.', { target: 'otp' })
  }
  const authenticators = current.step.device ? methodsOf(current.step.device.type) : []
  return {
    part: advanced(current, { step: { status: 'COMPLETED' }, kept: { authenticators, ...NO_CODE } }),
    end: 'approved' as const,
  }
}

/** The attempts of this authentication are spent; a device that is locked may be exchanged for another one, where there is a choice. */
function isLastOf(attempt: Attempt, { isOneChance }: Kept): boolean {
  if (attempt.outcome === 'spent') return true
  if (!('attemptsRemaining' in attempt) || attempt.attemptsRemaining > 0) return false
  return !attempt.locks || isOneChance === true
}

function withoutCode(current: Authentication) {
  return { part: advanced(current, { kept: { code: undefined } }) }
}
