import { createSecretKey } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { expect, it, onTestFinished } from 'vitest'
import { DeliveryFailed } from '../../server/delivery/delivery.ts'
import { openPushCarrier } from '../../server/delivery/push/open-push-carrier.ts'
import { WEBHOOK_SECRET } from '../support/provider.ts'

const PUSH = { id: 'push-1', kind: 'requested', challenge: 'challenge-1', expiresAt: 1_800_000_000_000 } as const

/** Whoever made the app: is told whom to wake, and does so with its platform's keys. */
async function startAppMaker(status: number) {
  const told: { headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    told.push({ headers: request.headers, body })
    response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pushes`
  return { told, address: { platform: 'FCM', token: 'token-1', webhook } }
}

const carrier = (secret: string | undefined = WEBHOOK_SECRET) =>
  openPushCarrier(secret ? { webhook: { url: 'http://127.0.0.1:1', secret } } : {}, {
    secret: createSecretKey(Buffer.alloc(40)),
    isPublicOnly: true,
    now: Date.now,
  })

it.each(['requested', 'withdrawn'] as const)(
  'a native app’s maker is told that a question was %s, signed',
  async (kind) => {
    const { told, address } = await startAppMaker(202)
    const secrets = { title: 'Pay 100 €', number: '42', user: 'anna' }
    expect(await carrier().deliver({ ...PUSH, ...secrets, kind }, address)).toBe('taken')
    const [{ headers, body } = { headers: {}, body: '' }] = told
    const { id: _id, kind: _kind, ...which } = PUSH
    expect(new Webhook(WEBHOOK_SECRET).verify(body, headers as Record<string, string>)).toEqual({
      type: `push.${kind}`,
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: { platform: 'FCM', token: 'token-1', ...which },
    })
    expect(headers['webhook-id']).toBe('push-1')
  },
)

it('forgets a phone that is gone, and no phone for a wrong URL', async () => {
  expect(await carrier().deliver(PUSH, (await startAppMaker(410)).address)).toBe('gone')
  for (const status of [302, 400, 401, 404, 429, 500]) {
    const { told, address } = await startAppMaker(status)
    await expect(carrier().deliver(PUSH, address)).rejects.toBeInstanceOf(DeliveryFailed)
    expect(told).toHaveLength(1)
  }
})

it('tells nobody without a secret to sign with', async () => {
  const { told, address } = await startAppMaker(200)
  await expect(carrier('').deliver(PUSH, address)).rejects.toThrow('DELIVERY_WEBHOOK_SECRET')
  expect(told).toEqual([])
})
