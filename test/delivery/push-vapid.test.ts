import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto'
import { expect, it } from 'vitest'
import { deriveVapidKeys, publicKeyOf } from '../../server/delivery/push/vapid.ts'

const secret = (byte: number) => createSecretKey(Buffer.alloc(40, byte))

it('every instance with the same secret makes the same keys, today and tomorrow', () => {
  // Another version that made other keys would cut off every browser that has subscribed.
  expect(deriveVapidKeys(secret(1))).toEqual({
    publicKey: 'BOw5Z3jHu5711198idmYdOl7V-2QbW__kn4Oot8V9EsH0ige9UR4_HKe86ArDKFnnELvWgiH9d4_470Nm7AgdW4',
    privateKey: 'JSYX-yDju7zDj3i8kSg8uPtWJc7uoUr_ZSZCoEG9UYk',
  })
})

it('another secret makes other keys, each a pair on the curve, of full length', () => {
  const made = Array.from({ length: 200 }, (_, at) => deriveVapidKeys(secret(at)))
  expect(new Set(made.map(({ publicKey }) => publicKey)).size).toBe(200)
  for (const { publicKey, privateKey } of made) {
    expect(Buffer.from(privateKey, 'base64url')).toHaveLength(32)
    const point = Buffer.from(publicKey, 'base64url')
    expect(point).toHaveLength(65)
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
    const jwk = { kty: 'EC', crv: 'P-256', x: `${x}`, y: `${y}` }
    const key = createPrivateKey({ format: 'jwk', key: { ...jwk, d: privateKey } })
    expect(createPublicKey(key).export({ format: 'jwk' })).toEqual(jwk)
  }
})

it('what is no key is refused', () => {
  expect(() => publicKeyOf(Buffer.alloc(32).toString('base64url'))).toThrow()
  expect(() => publicKeyOf(Buffer.alloc(32, 255).toString('base64url'))).toThrow()
})
