import type { MfaContext } from '../context.ts'
import { refusal } from '../mfa-error.ts'
import { digestOf, verifySentCode } from '../otp/sent-code.ts'
import { parse } from '../parse.ts'
import { type Attempt, toRefusal } from '../users/attempt.ts'
import { failureRule, type Judged, judgeCode } from '../users/codes.ts'
import { type Device, isActive } from '../users/device.ts'
import { spend } from '../users/tries.ts'
import { changeUser, type User } from '../users/user.ts'
import { type AuthenticatingChallenge, type Authentication, advanced, methodsOf } from './authentication.ts'
import { passcode } from './authentication-body.ts'
import { policyOf } from './authentication-view.ts'
import { purposeOf } from './engage-device.ts'
import { getOpenAuthentication, moveAuthentication } from './move-authentication.ts'

/** Device Passcode: takes the code a person has typed. What it costs is saved before anything comes of it. */
export async function checkOtp(context: MfaContext, id: string, body: unknown): Promise<AuthenticatingChallenge> {
  const { otp } = parse(passcode, body)
  const challenge = await getOpenAuthentication(context, id)
  const { authentication } = challenge
  const type = demandCodeWanted(authentication)
  const rule = failureRule(await policyOf(context, authentication.kept), type)
  const spent = await changeUser(context, authentication.kept.user, (user, now) => {
    const { verdict, device } = judge(context, challenge, user, otp, now)
    const proof = digestOf(context.otpKey, purposeOf(id), '', otp)
    const tried = { challenge: id, until: challenge.expiresAt, verdict, proof, device }
    const { user: next, attempt } = spend(user, tried, rule, now)
    return { next, result: { attempt, now } }
  })
  const { attempt, now } = spent
  if (attempt.outcome === 'right')
    return moveAuthentication(context, id, (current) => completed(authentication, current))
  const refused = toRefusal(attempt, now)
  // The last wrong code ends it; where that was cut short, the next code does.
  if (isLast(attempt)) await moveAuthentication(context, id, (current) => failed(current), 'whatever it is')
  throw refused
}

function demandCodeWanted({ step }: Authentication): Device['type'] {
  if (step.status === 'OTP_REQUIRED' && step.device) return step.device.type
  throw refusal('INVALID_REQUEST', 'INVALID_ACTION', 'No code is wanted yet: first a device has to be selected.', {
    target: 'action',
  })
}

function judge(
  context: MfaContext,
  { id, authentication: { kept } }: AuthenticatingChallenge,
  { devices }: User,
  otp: string,
  now: number,
): Omit<Judged<Device>, 'device'> & { device: Device | undefined } {
  const device = devices.find((each) => each.id === kept.device)
  // Whatever it was sent, a device that is gone, or begins anew, proves nothing.
  if (kept.device !== undefined && !(device && isActive(device))) throw deviceGone()
  // A device that makes no codes itself, or is not one of the user's, was sent one.
  const judged = device && judgeCode(device, otp, now)
  return judged ?? { verdict: verifySentCode(context.otpKey, purposeOf(id), kept.code, otp, now), device }
}

function deviceGone() {
  const message = 'The device has been removed. Select another one.'
  return refusal('REQUEST_FAILED', 'DEVICE_NOT_ACTIVE', message, { target: 'otp' })
}

function completed(tried: Authentication, current: Authentication) {
  // The device or the code was changed while this one was being looked at.
  if (current.kept.device !== tried.kept.device || current.kept.code?.digest !== tried.kept.code?.digest) {
    throw refusal('REQUEST_FAILED', 'OTP_EXPIRED', 'The code has been replaced by another one.', { target: 'otp' })
  }
  const authenticators = current.step.device ? methodsOf(current.step.device.type) : []
  return {
    part: advanced(current, { step: { status: 'COMPLETED' }, kept: { authenticators, code: undefined } }),
    end: 'approved' as const,
  }
}

/** The attempts of this authentication are spent; a device that is locked may be exchanged for another one. */
function isLast(attempt: Attempt): boolean {
  return (
    attempt.outcome === 'spent' || ('attemptsRemaining' in attempt && attempt.attemptsRemaining === 0 && !attempt.locks)
  )
}

const SPENT = { code: 'OTP_ATTEMPTS_LIMIT', message: 'There were too many wrong codes.' }

function failed(current: Authentication) {
  return {
    part: advanced(current, { step: { status: 'FAILED' }, kept: { error: SPENT, code: undefined } }),
    end: 'denied' as const,
  }
}
