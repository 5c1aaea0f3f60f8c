import { createHmac, timingSafeEqual } from 'node:crypto'

/** Names and values, as either side says them. */
export type Fields = Readonly<Record<string, string>>

/** Validation protocol 2.0: HMAC-SHA1 over what is said, in the order of the names, in base64. `h` is not signed itself. */
export function signatureOf(fields: Fields, apiKey: Buffer): string {
  const signed = Object.entries(fields)
    .filter(([name]) => name !== 'h')
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  return createHmac('sha1', apiKey).update(signed).digest('base64')
}

export function isSigned(fields: Fields, apiKey: Buffer): boolean {
  const expected = Buffer.from(signatureOf(fields, apiKey))
  const given = Buffer.from(fields.h ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
