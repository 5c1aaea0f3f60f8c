import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type RunningHub, startHub } from '../support/hub.ts'
import { create, stats, update } from './pair.ts'
import { enterRaw, openRaw, type RawSocket } from './raw-socket.ts'

/*
 * Socket.IO's client says nothing when it gives up an attempt to enter and makes another over the same connection: the hub
 * hears two wishes, and the second one counts. The same wish twice, on the other hand, is one.
 */

let hub: RunningHub
const raws: RawSocket[] = []
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.stop())
afterEach(() => {
  for (const raw of raws.splice(0)) raw.hangUp()
})

async function open(opening: Promise<RawSocket>): Promise<RawSocket> {
  const opened = await opening
  raws.push(opened)
  return opened
}

const wish = (token: string) => `40/waiting,${JSON.stringify({ token })}`
const statuses = ({ frames }: RawSocket) => frames.heard.filter((frame) => frame.startsWith('42/waiting,["status"'))

it('whoever asks for another challenge before being let in waits for that one, and hears nothing of the first', async () => {
  const [first, second] = await Promise.all([create(hub), create(hub)])
  const page = await open(openRaw(hub.url))
  page.say(wish(first.waitToken))
  page.say(wish(second.waitToken))
  expect(await page.hear('42/waiting,')).toContain(second.challenge)
  await update(hub, second.challenge, { challengeStatus: 'seen' })
  await page.hear(`42/waiting,["status",{"challenge":"${second.challenge}","challengeStatus":"seen"`)
  expect(statuses(page).filter((frame) => frame.includes(first.challenge))).toEqual([])
  expect(await stats(hub)).toMatchObject({ waiting: 1, watches: 1 })
})

it('nor is whoever corrects a bad token refused for the bad one', async () => {
  const { waitToken, challenge } = await create(hub)
  const page = await open(openRaw(hub.url))
  page.say(wish('bad'))
  page.say(wish(waitToken))
  expect(await page.hear('42/waiting,')).toContain(challenge)
  expect(page.frames.heard.filter((frame) => frame.startsWith('44'))).toEqual([])
})

it('whoever asks for another one after being let in leaves the first', async () => {
  const [first, second] = await Promise.all([create(hub), create(hub)])
  const page = await open(enterRaw(hub.url, '/waiting', { token: first.waitToken }))
  page.say(wish(second.waitToken))
  await page.frames.until((frame) => frame.startsWith('42/waiting,') && frame.includes(second.challenge))
  expect(await stats(hub)).toMatchObject({ waiting: 1, watches: 1 })
})

it('the same wish twice is told once', async () => {
  const { challenge, waitToken } = await create(hub)
  const page = await open(openRaw(hub.url))
  page.say(wish(waitToken))
  page.say(wish(waitToken))
  await page.hear('42/waiting,')
  page.say(wish(waitToken))
  await update(hub, challenge, { challengeStatus: 'seen' })
  await page.frames.until((frame) => frame.includes('"seen"'))
  expect(statuses(page)).toHaveLength(2)
  expect(page.frames.heard.filter((frame) => frame.startsWith('40/waiting,'))).toHaveLength(1)
})

it('a socket whose last open challenge it may no longer see is closed like any that has nothing to wait for', async () => {
  const [open, done] = await Promise.all([create(hub), create(hub)])
  await update(hub, done.challenge, { isChallengeComplete: true })
  const brief = hub.token({ scope: 'challenges:wait', challenge: open.challenge, since: 1 }, 2)
  const page = await enterRaw(hub.url, '/waiting', { token: brief })
  raws.push(page)
  page.say(`42/waiting,1["subscribe",{"token":"${done.waitToken}"}]`)
  expect(await page.hear('43/waiting,1')).toContain('"ok":true')
  await page.hear('41/waiting,')
})
