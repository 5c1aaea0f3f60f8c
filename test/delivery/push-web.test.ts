import { createSecretKey } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeliveryFailed } from '../../server/delivery/delivery.ts'
import { openPushCarrier } from '../../server/delivery/push/open-push-carrier.ts'
import type { Push } from '../../server/delivery/push/push.ts'
import { pushSubscription } from '../../server/delivery/push/push-address.ts'
import { pushPost } from '../../server/delivery/push/push-post.ts'
import { deriveVapidKeys } from '../../server/delivery/push/vapid.ts'
import { webPushCarrier } from '../../server/delivery/push/web-push.ts'
import { PhoneBrowser } from '../support/phone-browser.ts'
import { PushService } from '../support/push-service.ts'

const NOW = 1_800_000_000_000
const SECRET = createSecretKey(Buffer.alloc(40, 1))
const SUBJECT = 'mailto:ops@bank.example'

const push = (more: Partial<Push> = {}): Push => ({
  id: 'push-1',
  kind: 'requested',
  challenge: 'challenge-1',
  expiresAt: NOW + 90_500,
  ...more,
})

let service: PushService
let phone: PhoneBrowser
beforeEach(async () => {
  service = await PushService.start()
  phone = new PhoneBrowser()
})
afterEach(() => service.stop())

const carrier = (vapid = {}) =>
  openPushCarrier({ vapid: { subject: SUBJECT, ...vapid } }, { secret: SECRET, isPublicOnly: false, now: () => NOW })

const subscribed = () => pushSubscription.parse(phone.subscribe(`${service.origin}/send/abc?x=1`))

const carried = () => {
  const [first] = service.carried.heard
  if (!first) throw new Error('the push service has got nothing')
  return first
}

describe('a push to a browser', () => {
  it('reaches the phone, which alone can open it, and says no more than where to ask', async () => {
    const told = { ...push(), title: 'Pay 100 €', number: '42', user: 'anna' }
    expect(await carrier().deliver(told, subscribed())).toBe('taken')
    const { path, sealed } = carried()
    expect(path).toBe('/send/abc?x=1')
    expect(JSON.parse(phone.open(sealed))).toEqual(push())
    expect(() => new PhoneBrowser().open(sealed)).toThrow()
    expect(sealed.includes('challenge-1')).toBe(false)
  })

  it('is signed by the hub, for this push service, for a day at most', async () => {
    const opened = carrier()
    await opened.deliver(push(), subscribed())
    // The service has checked the signature, for whom it is and how long it is good.
    expect(carried().vapid).toMatchObject({ aud: service.origin, sub: SUBJECT, publicKey: opened.publicKey })
  })

  it('is signed with the key of the configuration where there is one', async () => {
    const keys = deriveVapidKeys(createSecretKey(Buffer.alloc(40, 2)))
    const opened = carrier({ keys })
    await opened.deliver(push(), subscribed())
    expect(opened.publicKey).toBe(keys.publicKey)
    expect(carried().vapid.publicKey).toBe(keys.publicKey)
  })

  it('is kept for a phone that is away until the challenge is over, and urgent', async () => {
    await carrier().deliver(push(), subscribed())
    expect(carried()).toMatchObject({ ttl: 90, urgency: 'high' })
  })

  it.each([0, -1, 999])('is not sent %i ms before the end, when nobody can answer any more', async (left) => {
    const late = push({ expiresAt: NOW + left })
    await expect(carrier().deliver(late, subscribed())).rejects.toBeInstanceOf(DeliveryFailed)
    expect(service.asked).toBe(0)
  })

  it('takes a question back after its end, too: the phone may still show it', async () => {
    expect(await carrier().deliver(push({ kind: 'withdrawn', expiresAt: NOW - 1 }), subscribed())).toBe('taken')
    expect(carried().ttl).toBe(60)
  })

  it('takes the place of an older one of the same challenge, and of no other, without naming it', async () => {
    const opened = carrier()
    for (const challenge of ['one', 'one', 'other']) await opened.deliver(push({ challenge }), subscribed())
    const [first, second, third] = service.carried.heard.map(({ topic }) => topic)
    expect(first).toMatch(/^[A-Za-z0-9_-]{32}$/)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })
})

describe('a push service', () => {
  it.each([200, 201, 202, 204])('that says %i has taken it', async (status) => {
    service.reply = { status }
    expect(await carrier().deliver(push(), subscribed())).toBe('taken')
  })

  it.each([404, 410])('that says %i knows this phone no more', async (status) => {
    service.reply = { status }
    expect(await carrier().deliver(push(), subscribed())).toBe('gone')
  })

  it.each([400, 401, 403, 413, 429, 500, 503])('that says %i has not taken it this time', async (status) => {
    service.reply = { status }
    const failed = await failureOf(carrier().deliver(push(), subscribed()))
    expect(failed).toMatchObject({ status, message: `The push service answered ${status}.` })
  })

  it.each([301, 302, 307, 308])('leads nobody elsewhere by a %i', async (status) => {
    const elsewhere = await PushService.start()
    service.reply = { status, headers: { location: `${elsewhere.origin}/` } }
    await expect(carrier().deliver(push(), subscribed())).rejects.toBeInstanceOf(DeliveryFailed)
    expect(elsewhere.asked).toBe(0)
    await elsewhere.stop()
  })

  it('that is slow is not waited for, and what is told of it names no endpoint', async () => {
    service.reply = { status: 201, afterMs: 5_000 }
    const vapid = { ...deriveVapidKeys(SECRET), subject: SUBJECT }
    const post = pushPost({ isPublicOnly: false, patienceMs: 100 })
    const impatient = webPushCarrier({ vapid, post, now: () => NOW })
    const began = performance.now()
    const failed = await failureOf(impatient.deliver(push(), subscribed()))
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(failed.message).toBe('The push service could not be reached: ABORT_ERR.')
  })

  it('that is not there fails the push, and what is told of it names no endpoint', async () => {
    const nobody = pushSubscription.parse(phone.subscribe('http://127.0.0.1:1/send/secret'))
    const failed = await failureOf(carrier().deliver(push(), nobody))
    expect(failed.message).toBe('The push service could not be reached: ECONNREFUSED.')
  })
})

async function failureOf(delivering: Promise<unknown>): Promise<DeliveryFailed> {
  const error = await delivering.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof DeliveryFailed)) throw new Error('it did not fail as it should')
  return error
}
