import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startHub } from '../support/hub.ts'
import { create, type Pair, startPair } from './pair.ts'
import { type Answer, ask, hangUpAll, openPage, openPublisher } from './sockets.ts'

/*
 * A page that connects while its challenge changes: whatever was committed last is what it has heard last, and between its
 * first status and that one no version is missing.
 */

afterEach(hangUpAll)

it('an update that arrives in one breath with the subscription is neither missed nor undone', async () => {
  const hub = await startHub()
  const publisher = await openPublisher(hub.url, hub.backend())
  const anchor = await create(hub)
  // One connection for both namespaces: what is said in one turn arrives in one piece, and is served in one turn.
  const page = openPage(hub.url, { token: anchor.waitToken }, { over: publisher })
  await page.version(1)

  const expected: { challenge: string; version: number; how: string }[] = []
  for (const { idle, changes, before } of shapes()) {
    const { challenge, waitToken } = await create(hub)
    const words = [...Array(idle).fill('started'), ...Array.from({ length: changes }, (_, at) => `step ${at}`)]
    const answers = words.map((challengeStatus, at) => [
      ...(at === before ? [page.subscribe(waitToken)] : []),
      ask(publisher, 'update', { challenge, challengeStatus }),
    ])
    for (const { ok } of await Promise.all(answers.flat())) expect(ok).toBe(true)
    expected.push({ challenge, version: 1 + changes, how: `${words}, subscribed before number ${before}` })
  }
  const last = await ask(publisher, 'update', { challenge: anchor.challenge, challengeStatus: 'over' })
  await page.version(last.challenge?.version ?? 0, anchor.challenge)
  for (const { challenge, version, how } of expected) {
    const heard = page.versions(challenge)
    expect(heard, how).toEqual(rising(heard[0] ?? 0, version))
  }
  hangUpAll()
  await hub.stop()
})

/** Where exactly one falls into the other depends on how much is done before; some of these meet. */
function shapes(): { idle: number; changes: number; before: number }[] {
  const all = []
  for (const idle of [0, 1, 2, 3]) {
    for (const changes of [1, 2, 3]) {
      for (const before of [0, 1, 2, 3]) if (before < idle + changes) all.push({ idle, changes, before })
    }
  }
  return all
}

/** On a busy machine the store may be away for a moment: whoever is told to try again does, and changes it only once. */
async function persistently(change: () => Promise<Answer>): Promise<void> {
  let answer = await change()
  for (let tries = 1; tries < 10 && answer.error?.code === 'store_unavailable'; tries++) {
    await pause(200)
    answer = await change()
  }
  expect(answer.error).toBeUndefined()
}

function rising(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}

describe('on two instances', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair()
  })
  afterAll(() => pair.stop())

  it.each([
    ['its own', 'a'],
    ['the other', 'b'],
  ] as const)('no update through %s instance is missed by pages that connect meanwhile', async (_which, there) => {
    const publisher = await openPublisher(pair[there].url, pair.a.backend())
    const rounds = Array.from({ length: 150 }, async (_, round) => {
      const { challenge, waitToken } = await create(pair.a)
      const page = openPage(pair.a.url, { token: waitToken })
      // Somewhere in the middle of the handshake, which takes a few turns of the loop.
      for (let turns = round % 12; turns > 0; turns--) await new Promise(setImmediate)
      const steps = 1 + (round % 4)
      for (let step = 0; step < steps; step++) {
        await persistently(() => ask(publisher, 'update', { challenge, challengeStatus: `step ${step}` }))
      }
      await page.version(steps + 1)
      const heard = page.versions(challenge)
      expect(heard).toEqual(rising(heard[0] ?? 0, steps + 1))
    })
    await Promise.all(rounds)
  })
})
