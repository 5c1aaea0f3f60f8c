import { filled, given, named } from './given.ts'
import type { CreateDeviceInput } from './inputs.ts'
import { toNotification, toTestMode } from './to-notification.ts'

/** Create Device's flat inputs, as the hub takes them. @param policyId where the input can't name one */
export function toDeviceBody(input: CreateDeviceInput, policyId: string | undefined): object {
  return {
    ...filled({
      type: given(input.customDeviceType, input.deviceType, input.workforceDeviceType),
      status: input.status,
      phone: input.phone,
      extension: input.extension,
      email: input.email,
      nickname: input.nickname,
      rp: filled({ id: input.rpId, name: input.rpName }),
      policy: named(policyId),
      notification: toNotification(input),
      userAgent: input.userAgent,
      otp: input.otp,
      serialNumber: input.serialNumber,
      testMode: toTestMode(input),
    }),
  }
}
