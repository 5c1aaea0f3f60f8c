import type { Ask } from '../../challenge/ask.ts'
import type { MfaContext } from '../context.ts'
import { engageFido } from '../fido/engage-fido.ts'
import { type Notice, prepareNotice, sendCode } from '../notifications/notify.ts'
import { CODE_DIGITS, type CodePurpose, countSend, newSentCode, type SentCode } from '../otp/sent-code.ts'
import { toMilliseconds } from '../parse.ts'
import type { DevicePolicy } from '../policies.ts'
import { demandTypeAllowed, policyFor } from '../users/codes.ts'
import { countMessage, countMessageBack } from '../users/count-message.ts'
import { type Device, isContactType, isPhone } from '../users/device.ts'
import {
  type AuthenticatingChallenge,
  type Authentication,
  advanced,
  type DeviceStep,
  type Kept,
  type OneTimeDevice,
} from './authentication.ts'
import { nameOf } from './authentication-view.ts'
import { moveAuthentication } from './move-authentication.ts'
import { questionFor } from './question.ts'

/** A code that is to go out once what it is for has been saved. */
export interface Sending {
  readonly notice: Notice
  readonly otp: string
  readonly code: SentCode
}

/** What becomes of an authentication when a device is chosen for it. */
export interface Engaged {
  readonly step: DeviceStep
  readonly kept: Partial<
    Pick<
      Kept,
      | 'device'
      | 'oneTime'
      | 'code'
      | 'assertion'
      | 'ownChallenge'
      | 'compatibility'
      | 'offered'
      | 'isOneChance'
      | 'picture'
    >
  >
  readonly sending?: Sending | undefined
  /** What a phone is asked. */
  readonly ask?: Ask | undefined
}

export interface EngageOptions {
  readonly challenge: string
  readonly kept: Pick<
    Kept,
    'user' | 'notification' | 'userAgent' | 'isTest' | 'sends' | 'numberMatching' | 'display' | 'ownChallenge'
  >
  readonly policy: DevicePolicy
  readonly device: Device | OneTimeDevice
  /** Those of the user that may answer in its place, if they can; default: none. */
  readonly others?: readonly Device[] | undefined
  /** When the challenge is over, and with it the code. Epoch milliseconds. */
  readonly until: number
}

/** Chooses a device: for one that codes are sent to, makes the code, and counts that it will be sent. */
export async function engageDevice(
  context: MfaContext,
  { challenge, kept, policy, device, others = [], until }: EngageOptions,
): Promise<Engaged> {
  demandTypeAllowed(context, policy, device.type, 'device.id')
  const named = { type: device.type, name: nameOf(device) }
  const none = { code: undefined, assertion: undefined }
  const chosen =
    'id' in device
      ? { ...none, device: device.id, oneTime: undefined }
      : { ...none, device: undefined, oneTime: device }
  if ('id' in device && isPhone(device)) {
    const ask = questionFor(context, { kept, policy, device, until })
    countSend(kept.sends, context.challenges.store.now())
    return { step: { status: 'PUSH_CONFIRMATION_REQUIRED', device: named }, kept: chosen, ask }
  }
  if ('rp' in device) {
    const asked = engageFido(context, { kept, policy, device, others, until })
    return { step: { status: 'ASSERTION_REQUIRED', device: named }, kept: { ...chosen, ...asked } }
  }
  const step = { status: 'OTP_REQUIRED', device: named } as const
  if (!isContactType(device.type) || !('address' in device)) return { step, kept: chosen }

  const now = context.challenges.store.now()
  const lifeMs = Math.min(toMilliseconds(policyFor(policy, device.type).otp.lifeTime), until - now)
  const notice = await prepareNotice(context, {
    addressee: { method: device.type, to: device.address, extension: device.extension },
    wish: kept.notification,
    template: 'strong_authentication',
    devicePolicy: policy,
    lifeMs,
    userAgent: kept.userAgent,
  })
  // Whether it may be sent is decided when it is saved; what is refused already is not counted before.
  countSend(kept.sends, now)
  const otp = context.challenges.random.digits(CODE_DIGITS)
  const code = newSentCode(context.otpKeys, purposeOf(challenge), otp, { now, lifeMs })
  if (!kept.isTest) {
    await countMessage(context, kept.user, notice)
  }
  return { step, kept: { ...chosen, code }, sending: { notice, otp, code } }
}

/** What was made ready for this device is not sent: somebody else was quicker, or it is over. */
export async function giveBack(
  context: MfaContext,
  { user, isTest }: Pick<Kept, 'user' | 'isTest'>,
  { sending }: Engaged,
): Promise<void> {
  if (sending && !isTest) await countMessageBack(context, user, sending.notice)
}

/** Sends a code, and lets the waiting page know how that went. Resolves with the challenge as it stands then. */
export async function sendForAuthentication(
  context: MfaContext,
  challenge: string,
  { notice, otp, code }: Sending,
): Promise<AuthenticatingChallenge> {
  const notification = await sendCode(context, notice, otp)
  const told = (part: Authentication) => {
    // Another code has taken its place meanwhile, or none is needed any more.
    if (part.kept.code?.digest !== code.digest) return { part }
    return part.kept.isOneChance && notification === 'FAILED'
      ? unreachable(part)
      : { part: advanced(part, { step: { notification } }) }
  }
  return moveAuthentication(context, challenge, told, 'whatever it is')
}

/** Its only code reaches nobody: whoever waits for it is not left waiting until it dies. */
function unreachable(part: Authentication) {
  const step = { status: 'CANCELLED', notification: 'FAILED' } as const
  return { part: advanced(part, { step, kept: { code: undefined } }), end: 'cancelled' as const }
}

/** When it is over with its only code; undefined: as before. Epoch milliseconds. */
export function overWithCode({ isOneChance, code }: Kept): number | undefined {
  return isOneChance ? code?.expiresAt : undefined
}

export function purposeOf(challenge: string): CodePurpose {
  return ['authentication', challenge]
}

/** The authentication with the device that was chosen. Throws when codes were sent too often, whoever else sends one at this moment. */
export function engaged(current: Authentication, { step, kept, sending, ask }: Engaged, now: number): Authentication {
  const sends = (sending ?? ask) ? countSend(current.kept.sends, now) : current.kept.sends
  // How a message to the device before fared does not speak of this one.
  return { step, kept: { ...current.kept, ...kept, sends } }
}
