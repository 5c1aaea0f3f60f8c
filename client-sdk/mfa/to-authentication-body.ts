import { filled, given, named } from './given.ts'
import type { CreateDeviceAuthenticationInput } from './inputs.ts'
import { toNotification, toTestMode } from './to-notification.ts'

/** Create Device Authentication's flat inputs, as the hub takes them. @param policyId where the input names none */
export function toAuthenticationBody(input: CreateDeviceAuthenticationInput, policyId: string | undefined): object {
  const { challengeTimeout, updatedByFlowId, claimsNameValuePairs, display } = input
  return {
    ...filled({
      // "User ID Not Required": whoever authenticates says who they are.
      ...(isTrue(input.usernameLess) ? { usernameLess: true } : { user: named(input.userId) }),
      policy: named(input.mfaPolicyId, input.workforcePolicyMfaPolicyId, policyId),
      application: named(input.customApplicationId, input.applicationId),
      selectedDevice: toSelectedDevice(input),
      notification: toNotification(input),
      mobilePayload: input.mobilePayload,
      rp: named(input.deviceAuthenRpId, input.rpId),
      challenge: input.challenge,
      otp: input.otp,
      fidoCompatibility: input.fidoCompatibility,
      compatibility: input.compatibility,
      userAgent: input.userAgent,
      testMode: toTestMode(input),
      include: input.include,
      exclude: input.exclude,
      waitingChallenge: input.waitingChallenge,
      retryable: input.retryable,
      numberMatching: input.numberMatching,
      challengeTimeout,
      updatedByFlowId,
      claimsNameValuePairs,
      display,
    }),
  }
}

/** Flows' inputs are text fields, and a text is true whatever it says. */
function isTrue(given: unknown): boolean {
  return given === true || given === 'true'
}

function toSelectedDevice(input: CreateDeviceAuthenticationInput): object | undefined {
  const { selectedDevice, selectedDeviceId, oneTimeDeviceType } = input
  const isOneTime = selectedDevice ? selectedDevice.toUpperCase() !== 'ID' : given(selectedDeviceId) === undefined
  // Named and left empty: the hub says so, instead of asking whichever device is the default.
  if (!isOneTime) return named(selectedDeviceId) ?? (selectedDevice ? { id: '' } : undefined)
  const type = oneTimeDeviceType?.trim().toUpperCase()
  const oneTime = filled({
    type,
    phone: type === 'SMS' ? input.oneTimeSmsDevice : type === 'VOICE' ? input.oneTimeVoiceDevice : undefined,
    email: type === 'EMAIL' ? input.oneTimeEmailDevice : undefined,
  })
  if (!oneTime && !selectedDevice) return undefined
  return { oneTime: oneTime ?? {} }
}
