import type { DeviceType } from '../../protocol/mfa.ts'
import type { MfaContext } from '../context.ts'
import { isFido, isFidoType } from '../fido/fido-device.ts'
import { invalidValue, refusal } from '../mfa-error.ts'
import { verifyOathCode } from '../otp/oath-code.ts'
import { type CodePurpose, verifySentCode } from '../otp/sent-code.ts'
import { totpStep } from '../otp/totp.ts'
import type { DevicePolicy } from '../policies.ts'
import { type AskedKey, judgeKey } from '../yubikey/judge-key.ts'
import type { FailureRule, Verdict } from './attempt.ts'
import {
  type ContactDevice,
  type Device,
  isContact,
  isContactType,
  isPhone,
  type OathDevice,
  type Phone,
  type PhoneDevice,
  type TotpDevice,
  type YubikeyDevice,
} from './device.ts'

/** A verdict on a code, and the device as it is once the code is taken. */
export interface Judged<D extends Device> {
  readonly verdict: Verdict
  readonly device: D
}

/** What a person typed: a code, and for a token that is far off the one after it. */
export interface GivenCode {
  readonly otp: string
  readonly oathResync?: string | undefined
  /** If a key typed it: what was found of it. */
  readonly asked?: AskedKey | undefined
}

type MakingDevice = TotpDevice | OathDevice | YubikeyDevice

/** Judges a code that pairs a device. @param now the store's clock, epoch milliseconds */
export function judgePairingCode(context: MfaContext, device: Device, given: GivenCode, now: number): Judged<Device> {
  if (isPhone(device)) {
    const message = 'This device is activated by the claim of its pairing key.'
    throw refusal('INVALID_REQUEST', 'INVALID_ACTION', message, { target: 'action' })
  }
  if (isFido(device)) throw invalidValue('otp', 'This device makes no codes: an attestation activates it.')
  return isContact(device) ? judgeSent(context, device, given.otp, now) : judgeOwn(device, given, now)
}

/** Judges a code that a device makes itself; undefined: it makes none. @param asked what is known of it if a key typed it */
export function judgeCode(
  device: Device,
  otp: string,
  now: number,
  asked: AskedKey | undefined,
): Judged<Device> | undefined {
  if (isPhone(device)) return device.phone && judgePhone(device, device.phone, otp, now)
  return isContact(device) || isFido(device) ? undefined : judgeOwn(device, { otp, asked }, now)
}

function judgeOwn(device: MakingDevice, { otp, oathResync, asked }: GivenCode, now: number): Judged<Device> {
  if (device.type === 'YUBIKEY') return judgeKey(device, asked)
  if (device.type === 'TOTP') return judgeTotp(device, otp, now)
  const { verdict, state } = verifyOathCode(device.oath, otp, now, oathResync)
  return { verdict, device: { ...device, oath: state } }
}

function judgeSent({ otpKeys }: MfaContext, device: ContactDevice, otp: string, now: number): Judged<ContactDevice> {
  const { code, sends: _sends, wish: _wish, isTest: _isTest, ...taken } = device
  return { verdict: verifySentCode(otpKeys, pairingOf(device.id), code, otp, now), device: taken }
}

/** What a secret and the time make codes from; each step is taken once. */
type ByTheClock = Pick<TotpDevice, 'secret' | 'lastStep'> & { readonly period?: number }

/** Undefined: the code is of no step. */
function judgeStep({ secret, lastStep, period }: ByTheClock, otp: string, now: number) {
  const step = totpStep(secret, otp, now, period)
  return step === undefined
    ? undefined
    : { lastStep: step, verdict: step > lastStep ? ('right' as const) : ('reused' as const) }
}

function judgeTotp(device: TotpDevice, otp: string, now: number): Judged<TotpDevice> {
  const judged = judgeStep(device, otp, now)
  if (!judged) return { verdict: 'wrong', device }
  return { verdict: judged.verdict, device: { ...device, lastStep: judged.lastStep } }
}

function judgePhone(device: PhoneDevice, phone: Phone, otp: string, now: number): Judged<PhoneDevice> {
  const judged = judgeStep(phone, otp, now)
  if (!judged) return { verdict: 'wrong', device }
  return { verdict: judged.verdict, device: { ...device, phone: { ...phone, lastStep: judged.lastStep } } }
}

export function pairingOf(device: string): CodePurpose {
  return ['pairing', device]
}

/** Whether codes would have to be sent to such a device or be judged elsewhere, or pages to ask it, and none are configured to do so. */
export function isUndeliverable({ carriers, origins, yubikeys }: MfaContext, type: DeviceType): boolean {
  if (isFidoType(type)) return origins().length === 0
  return isContactType(type) ? carriers[type] === undefined : type === 'YUBIKEY' && yubikeys === undefined
}

/** Throws unless a policy allows such devices, and whom they need is configured. */
export function demandTypeAllowed(context: MfaContext, policy: DevicePolicy, type: DeviceType, target: string): void {
  const disabled = (message: string) => refusal('REQUEST_FAILED', 'DEVICE_TYPE_DISABLED', message, { target })
  if (!policyFor(policy, type).enabled) throw disabled(`The policy does not allow ${type}.`)
  if (isUndeliverable(context, type)) throw disabled(`Nobody is configured for ${type}.`)
}

/** What a policy says of wrong codes for a type of device. */
export function failureRule(policy: DevicePolicy, type: Device['type']): FailureRule {
  // Of a computer's codes it says what it says of a phone's.
  const section = policyFor(policy, type === 'DESKTOP' ? 'MOBILE' : type)
  if (!('otp' in section)) throw new Error(`there are no codes of ${type}`)
  return section.otp.failure
}

/** What a policy says of a type of device. */
export function policyFor<Type extends Device['type']>(policy: DevicePolicy, type: Type): DevicePolicy[Section<Type>] {
  return policy[SECTION[type] as Section<Type>]
}

/** Under which name a policy speaks of a type of device. */
const SECTION = {
  EMAIL: 'email',
  SMS: 'sms',
  VOICE: 'voice',
  TOTP: 'totp',
  OATH_TOKEN: 'oathToken',
  MOBILE: 'mobile',
  DESKTOP: 'desktop',
  FIDO2: 'fido2',
  PLATFORM: 'platform',
  SECURITY_KEY: 'securityKey',
  YUBIKEY: 'yubikey',
} as const satisfies Record<Device['type'], keyof DevicePolicy>

type Section<Type extends Device['type']> = (typeof SECTION)[Type]
