import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { create, stats, update } from './pair.ts'
import { enterRaw, openRaw, type RawSocket } from './raw-socket.ts'
import { ask, connected, dial, hangUpAll, openPage, openPerson, openPublisher, type Page } from './sockets.ts'
import { collectUnhandled } from './unhandled.ts'

/** The largest frame, in bytes: one more closes the socket. */
const LARGEST = 65_536

const unhandled = collectUnhandled()
let hub: RunningHub
let witness: Page
let witnessed: string
const raws: RawSocket[] = []

beforeAll(async () => {
  // What a flood is answered with is told elsewhere; here all of it is to be read.
  hub = await startHub({ LIMIT_EVENTS_PER_SOCKET: '0' })
})
afterAll(() => hub.stop())
beforeEach(async () => {
  const { challenge, waitToken } = await create(hub)
  witnessed = challenge
  witness = openPage(hub.url, { token: waitToken })
  await witness.version(1)
})
/** Whatever a test did: whoever was there before is still served, and nothing was thrown where nobody catches. */
afterEach(async () => {
  await update(hub, witnessed, { challengeStatus: 'still here' })
  await witness.version(2)
  expect(witness.socket.connected).toBe(true)
  expect(unhandled).toEqual([])
  hangUpAll()
  for (const raw of raws.splice(0)) raw.hangUp()
})

async function raw(opening: Promise<RawSocket>): Promise<RawSocket> {
  const opened = await opening
  raws.push(opened)
  return opened
}

it('tells how often it pings and what it takes, before anything is asked', async () => {
  const polite = await raw(openRaw(hub.url))
  const opening = JSON.parse((await polite.hear('0')).slice(1))
  expect(opening).toMatchObject({ pingInterval: 10_000, pingTimeout: 5_000, maxPayload: LARGEST, upgrades: [] })
})

it('entering and leaving over one connection again and again leaves nothing behind', async () => {
  const warnings: string[] = []
  process.on('warning', ({ message }) => warnings.push(message))
  const { waitToken } = await create(hub)
  const before = await stats(hub)
  const restless = await raw(openRaw(hub.url))
  const heard = (beginning: string) => restless.frames.heard.filter((frame) => frame.startsWith(beginning)).length
  for (let round = 1; round <= 30; round++) {
    restless.say(`40/waiting,{"token":"${waitToken}"}`)
    await restless.frames.until(() => heard('40/waiting,') === round)
    restless.say('41/waiting,')
    // Socket.IO hangs up on whoever comes back before it has seen them off; once this is answered, it has.
    restless.say('40/approving,{"token":"x"}')
    await restless.frames.until(() => heard('44/approving,') === round)
  }
  await eventually(async () => expect(await stats(hub)).toEqual(before))
  expect(warnings).toEqual([])
})

describe('frames', () => {
  const frameOf = (bytes: number) => {
    const [head, tail] = ['42/publishing,1["create",{"challengeStatus":"', '"}]']
    return head + 'x'.repeat(bytes - head.length - tail.length) + tail
  }

  it('of 64 KiB are read, of one byte more close that socket alone', async () => {
    const rude = await raw(enterRaw(hub.url, '/publishing', { token: hub.backend() }))
    rude.say(frameOf(LARGEST))
    expect(await rude.hear('43/publishing,1')).toContain('"code":"invalid_request"')
    rude.say(frameOf(LARGEST + 1))
    expect(await rude.closed).toBe(1009)
  })

  it('too large for anybody do not get in with the handshake either', async () => {
    const rude = await raw(openRaw(hub.url))
    rude.say(`40/publishing,{"token":"${'x'.repeat(LARGEST)}"}`)
    expect(await rude.closed).toBe(1009)
  })

  it.each([
    'garbage',
    '',
    '9',
    '4',
    '42',
    '4{}',
    '42/waiting,{"not":"a list"}',
    '42/waiting,[]',
    '42/waiting,[null]',
    '42/waiting,["connect"]',
    '42/waiting,["disconnect"]',
    '42/waiting,["subscribe",{"token":',
    '451-/waiting,["subscribe",{"_placeholder":true,"num":0}]',
    '451-/waiting,["subscribe",{"_placeholder":true,"num":"splice"}]',
    '4599999999-["x"]',
    '43/waiting,99[]',
    '43/waiting,["no number"]',
    '40/waiting,null',
    '40/waiting,[]',
    '40/waiting,"token"',
    '44/waiting,{"message":"no"}',
    '41/approving,',
  ])('%j harms nobody', harmless)

  it.each([
    ['a list in a list in a list, without an end', `42/waiting,${'['.repeat(30_000)}`],
    [
      'a list in a list in a list, thirty thousand deep',
      `42/waiting,1["subscribe",${'['.repeat(30_000)}${']'.repeat(30_000)}]`,
    ],
    ['bytes that nobody announced', Buffer.from([1, 2, 3])],
    ['no bytes that nobody announced', Buffer.alloc(0)],
  ])('%s harms nobody', (_what, frame) => harmless(frame))

  async function harmless(frame: string | Buffer): Promise<void> {
    const { waitToken } = await create(hub)
    const rude = await raw(enterRaw(hub.url, '/waiting', { token: waitToken }))
    rude.say(frame)
    rude.say('42/waiting,7["subscribe",{"token":"x"}]')
    // It is either understood, and then the next one is answered, or it ends the connection that said it.
    await Promise.race([rude.hear('43/waiting,7'), rude.closed])
  }

  it('a handshake without anything is refused like one without a token', async () => {
    const silent = await raw(openRaw(hub.url))
    silent.say('40/approving')
    expect(await silent.hear('44/approving,')).toContain('"code":"invalid_token"')
  })

  it.each(['42/waiting', '42/waiting,', '42/waiting,7', '45-/waiting,', '43/waiting,7', '43/waiting,'])(
    'an event without a name, by somebody who was let in: %s',
    async (frame) => {
      const { waitToken } = await create(hub)
      const rude = await raw(enterRaw(hub.url, '/waiting', { token: waitToken }))
      rude.say(frame)
      const publisher = await raw(enterRaw(hub.url, '/publishing', { token: hub.backend() }))
      publisher.say(frame.replace('waiting', 'publishing'))
      // Whoever comes afterwards is served: `afterEach` looks, too.
      await raw(enterRaw(hub.url, '/waiting', { token: waitToken }))
    },
  )

  it('an event without a name, with bytes', async () => {
    const { waitToken } = await create(hub)
    const rude = await raw(enterRaw(hub.url, '/waiting', { token: waitToken }))
    rude.say('451-/waiting,')
    rude.say(Buffer.from('bytes'))
    await raw(enterRaw(hub.url, '/waiting', { token: waitToken }))
  })

  it('saying something before being let in changes nothing', async () => {
    const { challenge, waitToken } = await create(hub, { approver: 'ada' })
    const hasty = await raw(openRaw(hub.url))
    hasty.say(`42/approving,1["approve",{"challenge":"${challenge}"}]`)
    hasty.say(`42/publishing,2["update",{"challenge":"${challenge}","isChallengeComplete":true}]`)
    hasty.say(`40/approving,{"token":"garbage"}`)
    hasty.say(`42/approving,3["approve",{"challenge":"${challenge}"}]`)
    await Promise.race([hasty.hear('44/approving,'), hasty.closed])
    const page = openPage(hub.url, { token: waitToken })
    expect(await page.statuses.until(() => true)).toMatchObject({ version: 1, isChallengeComplete: false })
    expect(hasty.frames.heard.filter((frame) => frame.startsWith('43'))).toEqual([])
  })
})

describe('events', () => {
  const sockets = async () => [
    await openPublisher(hub.url, hub.backend()),
    (await openPerson(hub.url, hub.approver('ada'))).socket,
    await connected(dial(hub.url, '/waiting', { token: (await create(hub)).waitToken })),
  ]
  const known = ['create', 'approve', 'subscribe']

  it.each([
    'unknown',
    'error',
    'status',
    'pending',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'count',
    'counted',
    '',
  ])('an event called "%s" is nothing to anybody', async (event) => {
    for (const [at, socket] of (await sockets()).entries()) {
      socket.emit(event)
      socket.emit(event, { token: 'x' }, 7, [null], Buffer.from('bytes'))
      socket.emit(event, 'question', { waiting: 1e9, approvers: 1e9, watches: 1e9 })
      expect(await ask(socket, known[at] ?? '', null, 'more')).toBeDefined()
    }
  })

  it('thousands of them, small, are taken', async () => {
    const all = await sockets()
    const acks: Promise<unknown>[] = []
    for (let round = 0; round < 3_000; round++) {
      for (const [at, socket] of all.entries()) {
        socket.emit('junk', round)
        socket.emit(known[at] ?? '', { junk: round })
        if (round % 100 === 0) acks.push(ask(socket, known[at] ?? '', { junk: round }))
      }
    }
    for (const answer of await Promise.all(acks)) {
      expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_request' } })
    }
  })

  it('a body of thousands of wrong fields is not answered with more than it said', async () => {
    const publisher = await openPublisher(hub.url, hub.backend())
    const body = Object.fromEntries(Array.from({ length: 6_000 }, (_, at) => [`f${at}`, 1]))
    const answer = await ask(publisher, 'create', body)
    expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_request' } })
    expect(JSON.stringify(answer).length).toBeLessThan(JSON.stringify(body).length)
  })
})
