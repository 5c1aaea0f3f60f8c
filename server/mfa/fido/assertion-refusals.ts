import { refusal } from '../mfa-error.ts'

export function unusable() {
  return refusal('REQUEST_FAILED', 'DEVICE_NOT_ACTIVE', 'This device can not be used any more.', {
    target: 'assertion',
  })
}

export function invalidAssertion(message: string) {
  return refusal('REQUEST_FAILED', 'INVALID_ASSERTION', message, { target: 'assertion' })
}
