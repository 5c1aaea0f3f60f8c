import { expect, it } from 'vitest'
import { blamed, problemsOf, read } from './environment.ts'

const API_KEY = Buffer.alloc(20, 7).toString('base64')
const COMPLETE = {
  YUBIKEY_URL: 'https://api.yubico.com/wsapi/2.0/verify',
  YUBIKEY_CLIENT_ID: '87',
  YUBIKEY_API_KEY: API_KEY,
}

it('nobody judges the codes of YubiKeys unless all three variables are there', () => {
  expect(read({}).yubikey).toBeUndefined()
  const { YUBIKEY_URL: url } = COMPLETE
  expect(read(COMPLETE).yubikey).toEqual({ url, clientId: '87', apiKey: Buffer.alloc(20, 7) })
  for (const missing of Object.keys(COMPLETE)) expect(blamed({ ...COMPLETE, [missing]: '' })).toEqual([missing])
})

it.each([
  ['YUBIKEY_URL', 'api.yubico.com'],
  ['YUBIKEY_URL', 'https://user:password@keys.example/verify'],
  ['YUBIKEY_URL', 'https://keys.example/verify?id=1'],
  ['YUBIKEY_CLIENT_ID', 'me'],
  ['YUBIKEY_API_KEY', 'not base64!'],
  ['YUBIKEY_API_KEY', Buffer.alloc(8).toString('base64')],
])('the %s %j is refused, and no secret shown', (name, value) => {
  const all = { ...COMPLETE, [name]: value }
  expect(blamed(all)).toEqual([name])
  for (const secret of ['password', API_KEY]) expect(problemsOf(all).join()).not.toContain(secret)
})
