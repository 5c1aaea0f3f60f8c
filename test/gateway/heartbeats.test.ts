import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { create, stats } from './pair.ts'
import { enterRaw, openRaw, type RawSocket } from './raw-socket.ts'

/*
 * Every connection is asked every 10 s whether it is still there, and has 5 s to answer. All of them live through one such
 * round together, on a real clock.
 */

const PING = '2'
const PONG = '3'
/** A round, the time to answer, and what a busy machine adds. Milliseconds. */
const ROUND_MS = 10_000
const ANSWER_MS = 5_000
const SLACK_MS = 2_000

let hub: RunningHub
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.stop())

/** When the hub hung up, in milliseconds from now; undefined: not within a round, the time to answer and the slack. */
function hungUpAfter({ closed }: RawSocket): Promise<number | undefined> {
  const start = performance.now()
  const enough = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), ROUND_MS + ANSWER_MS + SLACK_MS).unref()
  })
  return Promise.race([closed.then(() => performance.now() - start), enough])
}

async function answerPing(raw: RawSocket, answer: string): Promise<void> {
  await eventually(() => expect(raw.frames.heard).toContain(PING), { within: ROUND_MS + SLACK_MS })
  raw.say(answer)
}

const page = async () => {
  const { waitToken } = await create(hub)
  return enterRaw(hub.url, '/waiting', { token: waitToken })
}

describe.concurrent('a connection', () => {
  it.each([
    ['page', page],
    ['approver', () => enterRaw(hub.url, '/approving', { token: hub.approver('ada') })],
    ['backend', () => enterRaw(hub.url, '/publishing', { token: hub.backend() })],
  ])(
    'of a %s that does not answer is ended, and is there no more',
    async (_who, open) => {
      const silent = await open()
      const after = await hungUpAfter(silent)
      expect(silent.frames.heard.filter((frame) => frame === PING)).toHaveLength(1)
      expect(after).toBeGreaterThan(ANSWER_MS)
      expect(after).toBeLessThan(ROUND_MS + ANSWER_MS + SLACK_MS)
    },
    25_000,
  )

  it.each([
    ['answers', PONG],
    // A page that is busy may be late with its answer; that it says something is as good.
    ['says anything else', '42/waiting,["hello"]'],
  ])(
    'of a page that %s is kept',
    async (_what, answer) => {
      const alive = await page()
      const [after] = await Promise.all([hungUpAfter(alive), answerPing(alive, answer)])
      expect(after).toBeUndefined()
      alive.hangUp()
    },
    25_000,
  )

  it.each([
    ['says nothing', []],
    ['only says that it is there', [PONG]],
    ['is let in nowhere', ['40/waiting,{"token":"x"}', '40/approving,', '40/nowhere,']],
  ])(
    'that %s is closed before it is asked anything',
    async (_what, said) => {
      const idle = await openRaw(hub.url)
      for (const frame of said) idle.say(frame)
      const after = await hungUpAfter(idle)
      expect(idle.frames.heard).not.toContain(PING)
      expect(after).toBeLessThan(ROUND_MS + SLACK_MS)
    },
    25_000,
  )
})

it('whoever was ended is not counted any more', async () => {
  expect(await stats(hub)).toMatchObject({ waiting: 0, approvers: 0 })
})
