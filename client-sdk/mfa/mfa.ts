import type {
  AuthenticationCodeView,
  AuthenticationView,
  DeviceListView,
  DeviceView,
  PairingKeyView,
} from '../../server/protocol/mfa.ts'
import type { CallOptions, CreateOptions } from '../create-backend.ts'
import type { MfaAnswer, Nothing } from './call-mfa.ts'
import type * as Input from './inputs.ts'
import type { DeviceAuthenticationPolicyView } from './views.ts'

type List = DeviceListView['_embedded']

/** An answer, and what a capability gives beside it, so that nobody needs to look for it. */
type With<Body, Beside = unknown> = Promise<MfaAnswer<Body> & Readonly<Beside>>

/**
 * Seed 001's capabilities, each under its own heading: what they take is flat, and what they give is the answer (`rawResponse`,
 * `headers`, `statusCode`) and what stands beside it there. Each rejects with an AssentMfaError, or with the signal's reason.
 *
 * What can safely be asked twice is tried up to 5 times while nobody answers or the hub asks for patience. What costs an
 * attempt or sends a message is tried once: `activateDevice`, `resendOtpForPairing`, `deviceSelection`, `devicePasscode`,
 * `fidoAssertion`, and `createDeviceAuthentication` with a code in hand.
 */
export interface Mfa {
  readDevice(input: Input.DeviceInput, options?: CallOptions): With<DeviceView, { device: DeviceView }>
  /** A user's devices, and what belongs to them. */
  readAllDevices(input: Input.ReadAllDevicesInput, options?: CallOptions): With<DeviceListView, List>
  /** Adds a device, and sends the code that activates it. `LIMIT_EXCEEDED` when the user has all they may. */
  createDevice(input: Input.CreateDeviceInput, options?: CreateOptions): With<DeviceView, { device: DeviceView }>
  activateDevice(input: Input.ActivateDeviceInput, options?: CallOptions): With<DeviceView, { device: DeviceView }>
  deleteDevice(input: Input.DeviceInput, options?: CallOptions): With<Nothing>
  resendOtpForPairing(input: Input.DeviceInput, options?: CallOptions): With<DeviceView>
  updateDeviceNickname(
    input: Input.UpdateDeviceNicknameInput,
    options?: CallOptions,
  ): With<{ readonly nickname: string }, { nickname: string }>
  readMfaStatus(
    input: Input.UserInput,
    options?: CallOptions,
  ): With<{ readonly mfaEnabled: boolean }, { mfaEnabled: boolean }>
  updateMfaStatus(
    input: Input.UpdateMfaStatusInput,
    options?: CallOptions,
  ): With<{ readonly mfaEnabled: boolean }, { mfaEnabled: boolean }>
  readDeviceAuthenticationPolicy(
    input: Input.ReadDeviceAuthenticationPolicyInput,
    options?: CallOptions,
  ): With<DeviceAuthenticationPolicyView, { deviceAuthenticationPolicy: DeviceAuthenticationPolicyView }>
  /** Begins an authentication; `rawResponse._embedded.challenge.waitToken` is for the page that waits. */
  createDeviceAuthentication(
    input: Input.CreateDeviceAuthenticationInput,
    options?: CreateOptions,
  ): With<AuthenticationView>
  /** What a backend reads before it lets anybody in: `rawResponse.status` is `COMPLETED`, and `user` is who it should be. */
  readDeviceAuthentication(input: Input.AuthenticationInput, options?: CallOptions): With<AuthenticationView>
  deviceSelection(input: Input.DeviceSelectionInput, options?: CallOptions): With<AuthenticationView>
  /** Rejects with `INVALID_OTP` and `innerError.attemptsRemaining` in `details` when it is not the code. */
  devicePasscode(input: Input.DevicePasscodeInput, options?: CallOptions): With<AuthenticationView>
  fidoAssertion(input: Input.FidoAssertionInput, options?: CallOptions): With<AuthenticationView>
  readPairingKey(input: Input.PairingKeyInput, options?: CallOptions): With<PairingKeyView>
  createPairingKey(input: Input.CreatePairingKeyInput, options?: CreateOptions): With<PairingKeyView>
  deletePairingKey(input: Input.PairingKeyInput, options?: CallOptions): With<Nothing>
  /** `rawResponse._embedded.challenge.waitToken` is for the page that shows the code. */
  createAuthenticationCode(
    input: Input.CreateAuthenticationCodeInput,
    options?: CreateOptions,
  ): With<AuthenticationCodeView, { authenticationCode: AuthenticationCodeView }>
  readAuthenticationCode(
    input: Input.ReadAuthenticationCodeInput,
    options?: CallOptions,
  ): With<AuthenticationCodeView, { authenticationCode: AuthenticationCodeView }>
  setDeviceOrder(
    input: Input.SetDeviceOrderInput,
    options?: CallOptions,
  ): With<DeviceListView, Pick<List, 'devices' | 'order'>>
  cancelDeviceAuthentication(
    input: Input.CancelDeviceAuthenticationInput,
    options?: CallOptions,
  ): With<AuthenticationView>
}
