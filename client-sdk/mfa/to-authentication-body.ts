import { filled, given, named } from './given.ts'
import type { CreateDeviceAuthenticationInput } from './inputs.ts'
import { toNotification, toTestMode } from './to-notification.ts'

/** Create Device Authentication's flat inputs, as the hub takes them. @param policyId where the input names none */
export function toAuthenticationBody(input: CreateDeviceAuthenticationInput, policyId: string | undefined): object {
  const { challengeTimeout, updatedByFlowId, claimsNameValuePairs, display } = input
  return {
    ...filled({
      // "User ID Not Required": whoever authenticates says who they are.
      ...(input.usernameLess ? { usernameLess: true } : { user: named(input.userId) }),
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

function toSelectedDevice(input: CreateDeviceAuthenticationInput): object | undefined {
  const { selectedDevice, selectedDeviceId, oneTimeDeviceType } = input
  const isOneTime = selectedDevice ? selectedDevice.toUpperCase() !== 'ID' : given(selectedDeviceId) === undefined
  if (!isOneTime) return named(selectedDeviceId)
  const type = oneTimeDeviceType?.trim().toUpperCase()
  const oneTime = filled({
    type,
    phone: type === 'SMS' ? input.oneTimeSmsDevice : type === 'VOICE' ? input.oneTimeVoiceDevice : undefined,
    email: type === 'EMAIL' ? input.oneTimeEmailDevice : undefined,
  })
  return oneTime && { oneTime }
}
