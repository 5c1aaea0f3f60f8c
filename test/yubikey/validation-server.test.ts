import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { isSigned, signatureOf } from '../../server/yubikey/signature.ts'
import { validationServer } from '../../server/yubikey/validation-server.ts'
import { ValidationFailed } from '../../server/yubikey/yubikey-validator.ts'
import { ValidationServer } from '../support/validation-server.ts'

/** The example of Yubico's own page on signatures. */
const API_KEY = Buffer.from('mG5be6ZJU1qBGz24yPh/ESM3UdU=', 'base64')
const QUESTION = {
  otp: 'vvungrrdhvtklknvrtvuvbbkeidikkvgglrvdgrfcdft',
  id: '1',
  nonce: 'jrFwbaYFhn0HoxZIsd9LQ6w2ceU',
}
const SIGNATURE = '+ja8S3IjbX593/LAgTBixwPNGX4='

it('signs as Yubico’s example is signed, whatever the order', () => {
  expect(signatureOf(QUESTION, API_KEY)).toBe(SIGNATURE)
  expect(signatureOf({ ...QUESTION, h: 'what is there already' }, API_KEY)).toBe(SIGNATURE)
})

it('believes that signature and no other', () => {
  expect(isSigned({ ...QUESTION, h: SIGNATURE }, API_KEY)).toBe(true)
  for (const h of ['', SIGNATURE.slice(0, 12), `A${SIGNATURE.slice(1)}`, `${SIGNATURE}AAAA`, '!']) {
    expect(isSigned({ ...QUESTION, h }, API_KEY)).toBe(false)
  }
  expect(isSigned(QUESTION, API_KEY)).toBe(false)
  expect(isSigned({ ...QUESTION, h: SIGNATURE, more: '1' }, API_KEY)).toBe(false)
  expect(isSigned({ ...QUESTION, h: SIGNATURE }, Buffer.alloc(20))).toBe(false)
})

it('tells a good code from one that was used and one that is none', async () => {
  const server = await ValidationServer.start()
  const { YUBIKEY_URL: url = '', YUBIKEY_CLIENT_ID: clientId = '', YUBIKEY_API_KEY: key = '' } = server.environment
  const validator = validationServer({ url, clientId, apiKey: Buffer.from(key, 'base64') })
  const otp = server.newKey().press()
  expect(await validator.validate(otp)).toBe('right')
  expect(await validator.validate(otp)).toBe('reused')
  expect(await validator.validate(server.press())).toBe('wrong')
  // Who asks under another key is told so, and believes nothing.
  const stranger = validationServer({ url, clientId, apiKey: Buffer.alloc(20, 1) })
  await expect(stranger.validate(otp)).rejects.toThrow('not signed: BAD_SIGNATURE')
  server.lie = 'flood'
  await expect(validator.validate(otp)).rejects.toThrow('too much')
  await server.stop()
})

it('waits ten seconds, and says nothing of the code it asked about', async () => {
  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const validator = validationServer({ url: `http://127.0.0.1:${port}/`, clientId: '1', apiKey: API_KEY })
  const begun = performance.now()
  const error = await validator.validate(QUESTION.otp).catch((failed: unknown) => failed)
  expect(error).toBeInstanceOf(ValidationFailed)
  expect(`${(error as Error).message} ${(error as Error).cause}`).not.toContain(QUESTION.otp)
  expect(performance.now() - begun).toBeGreaterThan(9_900)
  expect(performance.now() - begun).toBeLessThan(13_000)
  silent.closeAllConnections()
  await new Promise((resolve) => silent.close(resolve))
})
