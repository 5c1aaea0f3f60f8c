import type {
  AuthenticationCodeView,
  AuthenticationView,
  DeviceListView,
  DeviceView,
  PairingKeyView,
} from '../../server/protocol/mfa.ts'
import { type BackendOptions, toHub } from '../create-backend.ts'
import type { MfaAnswer } from './call-mfa.ts'
import { filled, given } from './given.ts'
import type { AuthenticationInput, DeviceInput, PairingKeyInput, UserInput } from './inputs.ts'
import type { Mfa } from './mfa.ts'
import { mfaCaller } from './mfa-caller.ts'
import { pathOf } from './path-of.ts'
import { toAuthenticationBody } from './to-authentication-body.ts'
import { toCodeBody } from './to-code-body.ts'
import { toDeviceBody } from './to-device-body.ts'
import { toOrderBody } from './to-order-body.ts'
import type { DeviceAuthenticationPolicyView } from './views.ts'

export type MfaOptions = BackendOptions & {
  /** The device authentication policy of whatever names none; default: the hub's default one. */
  readonly policyId?: string | undefined
}

/**
 * Every MFA capability of seed 001, for servers, never for pages: a token with `mfa:write`, or an API key with it.
 *
 * @example
 * const mfa = createMfa({ url: 'https://assent.internal', token })
 * const { rawResponse } = await mfa.createDeviceAuthentication({ userId: 'anna' })
 * const done = await mfa.devicePasscode({ deviceAuthenticationId: rawResponse.id, otp: typed })
 * if (done.rawResponse.status === 'COMPLETED') letIn('anna')
 */
export function createMfa(options: MfaOptions): Mfa {
  const { policyId } = options
  const call = mfaCaller(toHub(options))
  // Methods are async, so that an id which leads nowhere rejects like all that is refused.
  return {
    readDevice: async (input, own) => withDevice(await call.read<DeviceView>(deviceOf(input), {}, own)),
    async readAllDevices(input, own) {
      const types = given(input.deviceTypes, input.workforceDeviceTypes)?.join(',')
      const filters = input.setFilterFlag ? { status: given(input.statusFilter), type: given(types) } : {}
      const answer = await call.read<DeviceListView>(devicesOf(input), filters, own)
      const { devices, allowedtypes, applications, mfaSettings, mfaPolicy, order } = answer.rawResponse._embedded
      return { ...answer, devices, allowedtypes, applications, mfaSettings, mfaPolicy, order }
    },
    async createDevice(input, own) {
      return withDevice(await call.create<DeviceView>(devicesOf(input), toDeviceBody(input, policyId), own))
    },
    async activateDevice(input, own) {
      const { otp, oathResync, attestation, origin } = input
      const body = filled({ otp, oathResync, attestation, origin }) ?? {}
      return withDevice(await call.actOnce<DeviceView>(deviceOf(input), 'device.activate', body, own))
    },
    deleteDevice: async (input, own) => call.remove(deviceOf(input), own),
    resendOtpForPairing: async (input, own) => call.actOnce(deviceOf(input), 'device.sendActivationCode', {}, own),
    async updateDeviceNickname({ nickname: wanted, ...input }, own) {
      const path = pathOf(deviceOf(input), 'nickname')
      const answer = await call.replace<{ nickname: string }>(path, { nickname: wanted }, own)
      return { ...answer, nickname: answer.rawResponse.nickname }
    },
    readMfaStatus: async (input, own) => withStatus(await call.read(statusOf(input), {}, own)),
    updateMfaStatus: async ({ mfaEnabled, ...input }, own) =>
      withStatus(await call.replace(statusOf(input), { mfaEnabled }, own)),
    async readDeviceAuthenticationPolicy(input, own) {
      const deviceAuthenticationPolicyId = given(
        input.customDeviceAuthenticationPolicyId,
        input.deviceAuthenticationPolicyId,
      )
      const path = pathOf('/v1/deviceAuthenticationPolicies', { deviceAuthenticationPolicyId })
      const answer = await call.read<DeviceAuthenticationPolicyView>(path, {}, own)
      return { ...answer, deviceAuthenticationPolicy: answer.rawResponse }
    },
    async createDeviceAuthentication(input, own) {
      const body = toAuthenticationBody(input, policyId)
      const isCodeInHand = given(input.otp) !== undefined
      return isCodeInHand ? call.createOnce(AUTHENTICATIONS, body, own) : call.create(AUTHENTICATIONS, body, own)
    },
    readDeviceAuthentication: async (input, own) => call.read(authenticationOf(input), {}, own),
    async deviceSelection(input, own) {
      const body = { device: { id: input.deviceId }, ...filled({ compatibility: input.compatibility }) }
      return call.actOnce(authenticationOf(input), 'device.select', body, own)
    },
    async devicePasscode(input, own) {
      return call.actOnce(authenticationOf(input), 'otp.check', { otp: input.otp }, own)
    },
    async fidoAssertion(input, own) {
      const { assertion, origin, compatibility } = input
      const body = { assertion, origin, ...filled({ compatibility }) }
      return call.actOnce(authenticationOf(input), 'assertion.check', body, own)
    },
    readPairingKey: async (input, own) => call.read<PairingKeyView>(pairingKeyOf(input), {}, own),
    async createPairingKey(input, own) {
      const ids = given(input.applicationIds) ?? []
      const body = ids.length > 0 ? { applications: ids.map((id) => ({ id })) } : {}
      return call.create(pairingKeysOf(input), body, own)
    },
    deletePairingKey: async (input, own) => call.remove(pairingKeyOf(input), own),
    createAuthenticationCode: async (input, own) => withCode(await call.create(CODES, toCodeBody(input), own)),
    async readAuthenticationCode({ authenticationCodeId }, own) {
      return withCode(await call.read(pathOf(CODES, { authenticationCodeId }), {}, own))
    },
    async setDeviceOrder(input, own) {
      const answer = await call.act<DeviceListView>(devicesOf(input), 'devices.reorder', toOrderBody(input), never, own)
      const { devices, order } = answer.rawResponse._embedded
      return { ...answer, devices, order }
    },
    async cancelDeviceAuthentication(input, own) {
      const body = filled({ reason: input.reason }) ?? {}
      const isCancelled = ({ status }: AuthenticationView) => status === 'CANCELLED'
      return call.act(authenticationOf(input), 'cancel.push.authentication', body, isCancelled, own)
    },
  }
}

const AUTHENTICATIONS = '/v1/deviceAuthentications'
const CODES = '/v1/authenticationCodes'

/** It never stands in the way of itself. */
const never = () => false

const devicesOf = ({ userId }: UserInput) => pathOf('/v1/users', { userId }, 'devices')
const deviceOf = ({ userId, deviceId }: DeviceInput) => pathOf('/v1/users', { userId }, 'devices', { deviceId })
const statusOf = ({ userId }: UserInput) => pathOf('/v1/users', { userId }, 'mfaEnabled')
const pairingKeysOf = ({ userId }: UserInput) => pathOf('/v1/users', { userId }, 'pairingKeys')
const pairingKeyOf = ({ pairingKeyId, ...user }: PairingKeyInput) => pathOf(pairingKeysOf(user), { pairingKeyId })
const authenticationOf = ({ deviceAuthenticationId }: AuthenticationInput) =>
  pathOf(AUTHENTICATIONS, { deviceAuthenticationId })

function withDevice(answer: MfaAnswer<DeviceView>) {
  return { ...answer, device: answer.rawResponse }
}

function withStatus(answer: MfaAnswer<{ readonly mfaEnabled: boolean }>) {
  return { ...answer, mfaEnabled: answer.rawResponse.mfaEnabled }
}

function withCode(answer: MfaAnswer<AuthenticationCodeView>) {
  return { ...answer, authenticationCode: answer.rawResponse }
}
