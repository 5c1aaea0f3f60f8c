import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { AuthenticationPart, Challenge } from '../../challenge/challenge.ts'
import type { Display } from '../../protocol/challenge.ts'
import type { AuthenticationStatus, AuthenticationStep, DeviceType } from '../../protocol/mfa.ts'
import { isCode } from '../authentication-codes/authentication-code.ts'
import type { Compatibility } from '../fido/compatibility.ts'
import { type FidoType, isFidoType } from '../fido/fido-device.ts'
import type { NotificationWish } from '../notifications/wish.ts'
import type { Sends, SentCode } from '../otp/sent-code.ts'
import type { NumberMatchingRule } from '../policies.ts'
import type { ContactDevice } from '../users/device.ts'
import type { Memo } from './manner.ts'

/*
 *   create, deferred ──▶ AUTHENTICATION_REQUIRED ──begin──▶ as if it were created now; without a device to use ──▶ FAILED
 *
 *   create ──▶ DEVICE_SELECTION_REQUIRED ──device.select──▶ OTP_REQUIRED ──otp.check, right──▶ COMPLETED
 *        │                 ▲                                 │  ▲  │
 *        └──one device─────┼────────────────────────────────▶┘  │  └──the last wrong code──▶ FAILED
 *                          └──cancel to change, if retryable────┤
 *                                      otp.resend, device.select┘
 *
 *   device.select of a phone ──▶ PUSH_CONFIRMATION_REQUIRED ──approve, or its code──▶ COMPLETED
 *                                        │         │      └──deny──▶ PUSH_CONFIRMATION_REJECTED ──┐ if retryable: device.select,
 *                                        │         └──no answer──▶ PUSH_CONFIRMATION_TIMED_OUT ───┘ else it is over
 *                                        └──the third wrong number──▶ FAILED
 *
 *   A FIDO device is asked in ASSERTION_REQUIRED, instead of OTP_REQUIRED: there a wrong answer ends nothing.
 *   any of these but the last ──cancel──▶ CANCELLED, ──the challenge's time is up──▶ TIMED_OUT
 */

/** A device authentication is a challenge with this part: one document, one version, one expiry. */
export interface Authentication extends AuthenticationPart {
  readonly step: DeviceStep
  readonly kept: Kept
}

/** How far it has come. */
export interface DeviceStep extends AuthenticationStep {
  readonly status: AuthenticationStatus
}

/** A device for one authentication only. */
export interface OneTimeDevice {
  readonly type: ContactDevice['type']
  readonly address: string
  readonly extension?: string | undefined
}

/** What the engine keeps of an authentication. */
export interface Kept {
  /** The wish that began it, where it can be repeated. */
  readonly begunBy?: string | undefined
  readonly memo?: Memo | undefined
  /** It counts for as long as its user's document names it. */
  readonly isSole?: boolean | undefined
  /** `NOBODY` until an assertion has said who it is. */
  readonly user: string
  readonly policy: string
  readonly application?: string | undefined
  /** Which types of device may be used; undefined: all. */
  readonly types?: readonly DeviceType[] | undefined
  /** The ids of the devices among which it was asked which, in that order. */
  readonly offered?: readonly string[] | undefined
  /** One device is selected, once, and nothing is sent anew. */
  readonly isOneChance?: boolean | undefined
  /** The device that was chosen, if it is one of the user's. */
  readonly device?: string | undefined
  readonly oneTime?: OneTimeDevice | undefined
  /** What was sent, and how often. */
  readonly code?: SentCode | undefined
  readonly sends?: Sends | undefined
  /** What the code is read off, where none is sent: a PNG, base64. */
  /** How often it was read wrongly. */
  readonly misread?: number | undefined
  readonly picture?: string | undefined
  /** What a FIDO device is asked to sign. */
  readonly assertion?: AssertionRequest | undefined
  /** The challenge that the backend brought for the first FIDO device to be asked, until it is. base64url. */
  readonly ownChallenge?: string | undefined
  /** Which FIDO devices can be asked; and for which relying party, if not for the policy's. */
  readonly compatibility?: Compatibility | undefined
  readonly rpId?: string | undefined
  readonly notification: NotificationWish
  readonly userAgent?: string | undefined
  /** In test mode nothing is sent. */
  readonly isTest?: boolean | undefined
  /** How many digits the phone's owner has to type, if more than the policy demands. */
  readonly numberMatching?: NumberMatchingRule | undefined
  /** What the phone shows instead of Assent's own words. */
  readonly display?: Display | undefined
  /** Whether another way may be tried after one has been given up. */
  readonly retryable: boolean
  /** What was proven: RFC 8176. */
  readonly authenticators: readonly string[]
  readonly error?: { readonly code: string; readonly message: string } | undefined
  readonly cancelReason?: CancelReason | undefined
  /** When the last step was made. Epoch milliseconds. */
  readonly steppedAt?: number | undefined
}

export type AssertionRequest = PublicKeyCredentialRequestOptionsJSON

/** The user of an authentication that names none: they own nothing. */
export const NOBODY = ''

export const CANCEL_REASONS = ['SIGNOUT', 'CHANGE_DEVICE', 'ADD_DEVICE'] as const
/** `REPLACED`: a newer one has taken its place. */
export type CancelReason = (typeof CANCEL_REASONS)[number] | 'DEFAULT' | 'REPLACED'

/** A challenge that is an authentication. */
export type AuthenticatingChallenge = Challenge & { readonly authentication: Authentication }

export function isAuthentication(challenge: Challenge | undefined): challenge is AuthenticatingChallenge {
  return challenge?.authentication !== undefined && !isCode(challenge)
}

/** Whether a device can be chosen yet, or another one. Who is not known has nothing to choose from. */
export function isOpenToChoice({ user, isOneChance }: Kept, status: AuthenticationStatus): boolean {
  return user !== NOBODY && !(isOneChance && status !== 'DEVICE_SELECTION_REQUIRED')
}

/** The same part, further on. */
export function advanced(
  { step, kept }: Authentication,
  change: { readonly step?: Partial<DeviceStep>; readonly kept?: Partial<Kept> },
): Authentication {
  return { step: { ...step, ...change.step }, kept: { ...kept, ...change.kept } }
}

const METHODS: Readonly<Record<Exclude<DeviceType, FidoType>, readonly string[]>> = {
  EMAIL: ['otp', 'mfa'],
  SMS: ['otp', 'sms', 'mfa'],
  VOICE: ['otp', 'tel', 'mfa'],
  TOTP: ['otp', 'mfa'],
  OATH_TOKEN: ['otp', 'hwk', 'mfa'],
  MOBILE: ['otp', 'mfa'],
  DESKTOP: ['otp', 'mfa'],
  YUBIKEY: ['otp', 'hwk', 'mfa'],
}

/** What a code of such a device proves, in the words of RFC 8176. */
export function methodsOf(type: DeviceType): readonly string[] {
  return isFidoType(type) ? [] : METHODS[type]
}

/** What an answer proves that a phone has signed. */
export const SIGNED_ANSWER: readonly string[] = ['swk', 'user', 'mfa']

/** What its own word proves, when nobody is asked. */
export const PHONE_ITSELF: readonly string[] = ['swk', 'mfa']
