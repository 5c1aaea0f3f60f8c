import { AssentMfaError } from './assent-mfa-error.ts'
import { given } from './given.ts'
import type { SetDeviceOrderInput } from './inputs.ts'

/** Set Device Order's flat inputs, as the hub takes them. Throws `INVALID_REQUEST` when `jsonAttributes` is text and no JSON. */
export function toOrderBody(input: SetDeviceOrderInput): unknown {
  if (input.setDeviceOrder === 'defaultDevice') return { defaultDevice: { id: input.defaultDeviceId ?? '' } }
  if (input.useDeviceOrderJsonAttributes) {
    const attributes = given(input.jsonAttributes)
    return typeof attributes === 'string' ? fromJson(attributes) : (attributes ?? {})
  }
  const list = given(input.deviceOrderList) ?? []
  return { order: list.map((each) => ({ id: typeof each === 'string' ? each : each.value })) }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = 'jsonAttributes is not well formed JSON.'
    const details = [{ code: 'INVALID_JSON', target: 'jsonAttributes', message }] as const
    throw new AssentMfaError({ code: 'INVALID_REQUEST', detail: message, details }, error)
  }
}
