import { createSecretKey } from 'node:crypto'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DeliveryFailed } from '../../server/delivery/delivery.ts'
import { openPushCarrier } from '../../server/delivery/push/open-push-carrier.ts'
import { isPublicAddress } from '../../server/delivery/push/public-address.ts'
import { AddressNotPublic, publicLookup } from '../../server/delivery/push/public-lookup.ts'
import { nativePushToken, pushSubscription } from '../../server/delivery/push/push-address.ts'
import { freePort } from '../support/free-port.ts'
import { PhoneBrowser } from '../support/phone-browser.ts'

const ENDPOINT = 'https://push.example/send/abc'
const phone = new PhoneBrowser()
const whole = phone.subscribe(ENDPOINT)

describe('a subscription', () => {
  it('is what a browser says of it, without what means nothing', () => {
    expect(pushSubscription.parse(whole)).toEqual({ endpoint: ENDPOINT, keys: whole.keys })
    const { expirationTime: _none, ...rest } = whole
    expect(pushSubscription.parse(rest)).toEqual({ endpoint: ENDPOINT, keys: whole.keys })
  })

  it.each(['http://127.0.0.1:8080/x', 'http://localhost/x', 'http://[::1]:1/x'])('may lead to %s', (endpoint) => {
    expect(pushSubscription.parse({ ...whole, endpoint }).endpoint).toBe(endpoint)
  })

  it.each([
    'push.example',
    'http://push.example/x',
    'http://127.0.0.2/x',
    'http://localhost.example/x',
    'ftp://push.example/x',
    'file:///etc/passwd',
    'https://user:password@push.example/x',
    'https://user@push.example/x',
    `https://push.example/${'x'.repeat(2_048)}`,
  ])('leads not to %s', (endpoint) => {
    expect(pushSubscription.safeParse({ ...whole, endpoint }).success).toBe(false)
  })

  it.each([
    ['no keys', { keys: undefined }],
    ['no auth', { keys: { p256dh: whole.keys.p256dh } }],
    ['a short auth', { keys: { ...whole.keys, auth: 'AAAA' } }],
    ['a short public key', { keys: { ...whole.keys, p256dh: 'BAAA' } }],
    ['a public key that is no point', { keys: { ...whole.keys, p256dh: `B${'A'.repeat(86)}` } }],
    ['anything else', { user: 'anna' }],
  ])('with %s is none', (_what, change) => {
    expect(pushSubscription.safeParse({ ...whole, ...change }).success).toBe(false)
  })
})

describe('a native token', () => {
  it('is a platform and a token, and does not say where pushes go', () => {
    const token = { platform: 'FCM', token: 'abc:DEF_123' }
    expect(nativePushToken.parse(token)).toEqual(token)
    const wrong = [{ webhook: 'https://eve.example' }, { token: '' }, { token: 'a\r\nb' }, { platform: 'my phone' }]
    for (const change of wrong) expect(nativePushToken.safeParse({ ...token, ...change }).success).toBe(false)
  })
})

const PRIVATE = [
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
  ...['172.31.255.255', '192.0.0.8', '192.168.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::7f00:1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12::1'],
  ...['ff02::1', '2001:db8::1', '2002:7f00:1::', '2001::1', '64:ff9b::10.0.0.1', '64:ff9b::7f00:1', 'fec0::1'],
  ...['localhost', ''],
]
const PUBLIC = [
  ...['1.1.1.1', '9.255.255.255', '11.0.0.1', '100.128.0.1', '172.15.255.255', '172.32.0.1', '192.167.255.255'],
  ...['223.255.255.255', '2606:4700::1111', '2a00:1450:4001:80b::200a', '64:ff9b::1.1.1.1'],
]

describe('an address', () => {
  it.each(PRIVATE)('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false))
  it.each(PUBLIC)('%s is public', (address) => expect(isPublicAddress(address)).toBe(true))
})

describe('a name', () => {
  /** Resolves as the names of one who controls them do: differently each time. */
  const lookup = (...answers: string[][]) =>
    publicLookup((_name, _options, told) => {
      const addresses = (answers.shift() ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      told(null, addresses)
    })
  const ask = (resolve: ReturnType<typeof lookup>, all: boolean) =>
    new Promise((resolved, rejected) => {
      resolve('push.example', { all }, (error, ...told) => (error ? rejected(error) : resolved(told)))
    })

  it('leads to the address that was checked, in either form that is asked for', async () => {
    expect(await ask(lookup(['1.1.1.1']), false)).toEqual(['1.1.1.1', 4])
    expect(await ask(lookup(['2606:4700::1111', '1.1.1.1']), true)).toEqual([
      [
        { address: '2606:4700::1111', family: 6 },
        { address: '1.1.1.1', family: 4 },
      ],
    ])
  })

  it.each([[['127.0.0.1']], [['1.1.1.1', '10.0.0.1']], [['10.0.0.1', '1.1.1.1']], [['::1']], [[]]])(
    'that leads to %j leads nowhere',
    async (addresses) => {
      for (const all of [true, false]) {
        await expect(ask(lookup(addresses), all)).rejects.toBeInstanceOf(AddressNotPublic)
      }
    },
  )

  it('that led to a public address is looked at again the next time', async () => {
    const changing = lookup(['1.1.1.1'], ['127.0.0.1'])
    await ask(changing, true)
    await expect(ask(changing, true)).rejects.toBeInstanceOf(AddressNotPublic)
  })
})

describe('in production', () => {
  it('a phone leads the hub to nobody beside it, whatever it calls them', async () => {
    const port = await freePort()
    let connections = 0
    const listen = async (host: string) => {
      const server = createServer((socket) => {
        connections += 1
        socket.destroy()
      })
      await new Promise<void>((resolve) => server.listen(port, host, resolve))
      onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
    }
    await listen('127.0.0.1')
    const send = (host: string, isPublicOnly: boolean) => {
      const secret = createSecretKey(Buffer.alloc(40))
      const carrier = openPushCarrier({}, { secret, isPublicOnly, now: Date.now })
      const push = { id: '1', kind: 'requested', challenge: '1', expiresAt: Date.now() + 60_000 } as const
      return carrier.deliver(push, pushSubscription.parse(phone.subscribe(`${host}:${port}/`)))
    }
    const names = [
      '127.0.0.1',
      'localhost',
      'LOCALHOST',
      '2130706433',
      '0x7f.1',
      '127.1',
      '[::ffff:127.0.0.1]',
      '0.0.0.0',
    ]
    for (const host of [...names.map((name) => `https://${name}`), 'http://127.0.0.1', 'http://localhost']) {
      const sent = send(host, true)
      await expect(sent).rejects.toBeInstanceOf(DeliveryFailed)
      await expect(sent).rejects.toThrow('The push service could not be reached: ADDRESS_NOT_PUBLIC.')
    }
    expect(connections).toBe(0)
    // Elsewhere it does go there, so that the silence above means something.
    await expect(send('https://localhost', false)).rejects.toBeInstanceOf(DeliveryFailed)
    expect(connections).toBe(1)
  })
})
