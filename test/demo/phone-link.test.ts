import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { readPhoneLink } from '../../demo/pages/phone-link.ts'

/* What a camera reads is anybody's. */

beforeEach(() => {
  vi.stubGlobal('location', new URL('https://bank.example/demo/phone'))
})
afterEach(() => {
  vi.unstubAllGlobals()
})

it('takes the code out of a link to this very page', () => {
  const link = readPhoneLink('https://bank.example/demo/phone#sign-on=ABCDE23456')
  expect(link).toEqual({ kind: 'sign-on', code: 'ABCDE23456' })
})

it.each([
  'ABCDE23456',
  'https://evil.example/demo/phone#sign-on=ABCDE23456',
  'https://bank.example/demo/other#sign-on=ABCDE23456',
  // A camera that was started to sign in makes nobody's phone somebody else's.
  'https://bank.example/demo/phone#pair=ABCDE23456',
  'https://bank.example/demo/phone',
  'javascript:alert(1)',
  '',
])('takes nothing out of %j', (scanned) => {
  expect(readPhoneLink(scanned)).toBeUndefined()
})
