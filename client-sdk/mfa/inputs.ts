import type { CreateChallengeBody } from '../../server/protocol/challenge.ts'
import type { Given } from './given.ts'

/*
 * What each capability takes, flat and by the names that it has in seed 001. `custom…` is the field beside a list that a flow's
 * author types into: when it is filled, it stands before its twin.
 */

type Text = Given<string>

/** Names and values: a list, as flows have it, or an object. */
export type Variables = readonly { readonly name: string; readonly value: string }[] | Readonly<Record<string, string>>

/** A switch; as text, too. */
export type Switch = Given<boolean | 'true' | 'false'>

export interface UserInput {
  readonly userId: string
}

export interface DeviceInput extends UserInput {
  readonly deviceId: string
}

export interface AuthenticationInput {
  readonly deviceAuthenticationId: string
}

export interface ReadAllDevicesInput extends UserInput {
  /** Without it, the filters have no effect. */
  readonly setFilterFlag?: Given<boolean>
  readonly statusFilter?: Given<'ALL' | 'ACTIVE' | 'ACTIVATION_REQUIRED'>
  readonly deviceTypes?: Given<readonly string[]>
  readonly workforceDeviceTypes?: Given<readonly string[]>
}

/** How the person is told. */
export interface NotificationInput {
  readonly notificationPolicyId?: Text
  readonly customNotificationPolicyId?: Text
  readonly templateVariant?: Text
  readonly customTemplateVariant?: Text
  /** Such as `en` or `pt-BR`. */
  readonly templateLocale?: Text
  readonly templateVariables?: Given<Variables>
}

/** Nothing is sent, and the code is told in `rawResponse.test`. Either says so. */
export interface TestModeInput {
  readonly createDeviceTestMode?: Switch
  readonly oneTimeDeviceTestMode?: Switch
}

export interface CreateDeviceInput extends UserInput, NotificationInput, TestModeInput {
  /** `EMAIL`, `SMS`, `VOICE`, `TOTP`, …: one of these three. */
  readonly deviceType?: Text
  readonly customDeviceType?: Text
  readonly workforceDeviceType?: Text
  readonly status?: Given<'ACTIVE' | 'ACTIVATION_REQUIRED'>
  readonly nickname?: Text
  readonly phone?: Text
  readonly extension?: Text
  readonly email?: Text
  readonly rpId?: Text
  readonly rpName?: Text
  readonly userAgent?: Text
  /** Of a YubiKey: what it typed. */
  readonly otp?: Text
  /** Of a hardware token. */
  readonly serialNumber?: Text
}

export interface ActivateDeviceInput extends DeviceInput {
  readonly otp?: Text
  /** Of a hardware token that is far off: the code after it. */
  readonly oathResync?: Text
  /** What `navigator.credentials.create` gave, as JSON; and the page's origin. */
  readonly attestation?: Text
  readonly origin?: Text
}

export interface UpdateDeviceNicknameInput extends DeviceInput {
  /** Up to 100 characters; empty takes it away. */
  readonly nickname: string
}

export interface UpdateMfaStatusInput extends UserInput {
  readonly mfaEnabled: boolean
}

export interface ReadDeviceAuthenticationPolicyInput {
  /** `default`: the default one. */
  readonly deviceAuthenticationPolicyId?: Text
  readonly customDeviceAuthenticationPolicyId?: Text
}

/** Which authenticators may be used, or what the browser can do. */
export type Compatibility = 'FULL' | 'SECURITY_KEY_ONLY' | 'NONE'

/** Assent's own, of the challenge that it drives: see `createChallenge`. */
type ChallengeInput = Partial<
  Pick<CreateChallengeBody, 'challengeTimeout' | 'updatedByFlowId' | 'claimsNameValuePairs' | 'display'>
>

export interface CreateDeviceAuthenticationInput extends NotificationInput, TestModeInput, ChallengeInput {
  /** Who it is; left out with `usernameLess`, and where `mobilePayload` says it. */
  readonly userId?: Text
  readonly usernameLess?: Given<boolean>
  readonly mfaPolicyId?: Text
  readonly workforcePolicyMfaPolicyId?: Text
  /** Whether `selectedDeviceId` counts, or what is said of a one-time device; without it, what is filled does. */
  readonly selectedDevice?: Given<'ID' | 'One-Time Device'>
  readonly selectedDeviceId?: Text
  readonly oneTimeDeviceType?: Given<'SMS' | 'VOICE' | 'EMAIL'>
  readonly oneTimeSmsDevice?: Text
  readonly oneTimeVoiceDevice?: Text
  readonly oneTimeEmailDevice?: Text
  readonly authTemplateName?: Given<'strong_authentication' | 'transaction'>
  readonly mobilePayload?: Text
  readonly applicationId?: Text
  readonly customApplicationId?: Text
  readonly clientContext?: Given<Variables>
  readonly userAgent?: Text
  /** Both mean the same; the second stands before the first. */
  readonly rpId?: Text
  readonly deviceAuthenRpId?: Text
  /** Of FIDO2: base64url of 32 bytes or more, instead of one that is made. */
  readonly challenge?: Text
  readonly fidoCompatibility?: Given<Compatibility>
  readonly compatibility?: Given<Compatibility>
  /** A code in hand: it is over as soon as it begins. */
  readonly otp?: Text
  /** Assent's own: types of device, or `OTP` for all that have codes. */
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
  /** Assent's own: an open challenge to drive, instead of one of its own. */
  readonly waitingChallenge?: string | undefined
  /** Assent's own: another way may be tried after one was given up. */
  readonly retryable?: boolean | undefined
  /** Assent's own: stricter than the policy. */
  readonly numberMatching?: 'OFF' | 'TWO_DIGITS' | 'SIX_DIGITS' | undefined
}

export interface DeviceSelectionInput extends AuthenticationInput {
  readonly deviceId: string
  readonly compatibility?: Given<Compatibility>
}

export interface DevicePasscodeInput extends AuthenticationInput {
  readonly otp: string
}

export interface FidoAssertionInput extends AuthenticationInput {
  /** What `navigator.credentials.get` gave, as JSON. */
  readonly assertion: string
  /** Of the page. */
  readonly origin: string
  readonly compatibility?: Given<Compatibility>
}

export interface CancelDeviceAuthenticationInput extends AuthenticationInput {
  /** `SIGNOUT`, `CHANGE_DEVICE`, `ADD_DEVICE`; anything else is `DEFAULT`. */
  readonly reason?: Text
}

export interface PairingKeyInput extends UserInput {
  readonly pairingKeyId: string
}

export interface CreatePairingKeyInput extends UserInput {
  /** None: every native application. */
  readonly applicationIds?: Given<readonly string[]>
}

export interface CreateAuthenticationCodeInput {
  readonly authenticatingApplicationId?: Text
  readonly customAuthenticatingApplicationId?: Text
  /** 10 seconds to 30 minutes, as digits; a minute without it. */
  readonly duration?: Given<string | number>
  /** Default `SECONDS`. */
  readonly timeUnit?: Given<'SECONDS' | 'MINUTES'>
  /** Default `REQUIRED`. */
  readonly userApproval?: Given<'REQUIRED' | 'NOT_REQUIRED'>
  readonly clientContext?: Given<Variables>
}

export interface ReadAuthenticationCodeInput {
  readonly authenticationCodeId: string
}

export interface SetDeviceOrderInput extends UserInput {
  /** Default `deviceOrder`. */
  readonly setDeviceOrder?: Given<'defaultDevice' | 'deviceOrder'>
  readonly defaultDeviceId?: Text
  /** The first is the default. */
  readonly deviceOrderList?: Given<readonly (string | { readonly value: string })[]>
  /** Whether `jsonAttributes` counts, and not the list. */
  readonly useDeviceOrderJsonAttributes?: Given<boolean>
  /** `{ "order": [{ "id" }] }`, as text, too. */
  readonly jsonAttributes?: Given<string | { readonly order: readonly { readonly id: string }[] }>
}
