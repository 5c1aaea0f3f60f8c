import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { clientAddress } from '../../server/limits/client-address.ts'

const request = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage
const PROXIES = ['10.0.0.0/8', 'fd00::/8', '127.0.0.1']

it.each([
  ['203.0.113.7', undefined, '203.0.113.7'],
  ['::ffff:203.0.113.7', undefined, '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', undefined, '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::', undefined, '2001:db8:1:2::/64'],
  ['2001:db8::1', undefined, '2001:db8:0:0::/64'],
  ['::1', undefined, '0:0:0:0::/64'],
  ['fe80::1%eth0', undefined, 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.33', undefined, '64:ff9b:0:0::/64'],
  // Nobody is believed who is no trusted proxy.
  ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
  ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['10.1.2.3', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
  // The nearest that is not ours: what stands before it, the caller may have written.
  ['10.1.2.3', '1.2.3.4, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['fd00::5', '2001:db8:1:2:3::4', '2001:db8:1:2::/64'],
  ['10.1.2.3', undefined, '10.1.2.3'],
  ['10.1.2.3', 'unknown', 'unknown'],
  ['10.1.2.3', 'x'.repeat(5_000), 'x'.repeat(64)],
  ['10.1.2.3', `:${'x'.repeat(5_000)}`, `:${'x'.repeat(63)}`],
  [undefined, '198.51.100.1', ''],
])('a peer %s that forwards for %s is counted as %s', (peer, forwarded, wanted) => {
  expect(clientAddress(PROXIES)(request(peer, forwarded))).toBe(wanted)
})

it('without trusted proxies nobody is believed', () => {
  expect(clientAddress([])(request('10.1.2.3', '198.51.100.1'))).toBe('10.1.2.3')
  expect(clientAddress([])(request(undefined))).toBe('')
})
