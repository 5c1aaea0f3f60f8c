import { setTimeout as pause } from 'node:timers/promises'
import { io } from 'socket.io-client'
import type { CreatedChallenge, PageView } from '../../server/protocol/challenge.ts'
import { call } from '../support/http-client.ts'
import { Recorder } from '../support/recorder.ts'
import { token } from './targets.ts'

/** Between two rounds. Milliseconds. */
const EVERY_MS = 100
/** Whoever behaves is told within this, whatever others do. Milliseconds. */
const WITHIN_MS = 5_000

export interface Witness {
  /** What it holds that nobody else may see. */
  readonly secrets: readonly string[]
  /** Its rounds until now, and the longest that took from an update to the page. Milliseconds. */
  readonly rounds: number
  readonly worst: number
  stop(): Promise<void>
}

/** A page that waits and a backend that updates, in good order, all the time: both must be served. */
export async function startWitness(url: string, breach: (what: string) => void): Promise<Witness> {
  const backend = token('challenges:write challenges:read', { sub: 'witness' })
  const body = {
    challengeTimeout: 3_600,
    claimsNameValuePairs: [{ name: 'kept', value: 'what only backends may see' }],
  }
  const { body: opened } = await call<CreatedChallenge>({ url }, 'POST', '/v1/challenges', { token: backend, body })
  const { challenge, waitToken } = opened
  const statuses = new Recorder<PageView>()
  const socket = io(`${url}/waiting`, { transports: ['websocket'], auth: { token: waitToken }, reconnection: false })
  socket.on('status', statuses.listen)
  socket.on('connect_error', (error) => breach(`the witness was not let in: ${error.message}`))
  await statuses.until(({ version }) => version === 1)

  let [rounds, worst, stopped] = [0, 0, false]
  const run = async () => {
    while (!stopped) {
      const began = performance.now()
      const version = rounds + 2
      const path = `/v1/challenges/${challenge}`
      const updated = await call({ url }, 'PATCH', path, {
        token: backend,
        body: { challengeStatus: `round ${rounds}` },
      })
      const read = await call({ url }, 'GET', path, { token: waitToken })
      const alive = await call({ url }, 'GET', '/readyz')
      await statuses.until((status) => status.version === version, { within: WITHIN_MS })
      const answers = [updated, read, alive].map(({ status }) => status)
      if (answers.some((status) => status !== 200)) breach(`the witness was answered ${answers}`)
      rounds += 1
      worst = Math.max(worst, performance.now() - began)
      await pause(EVERY_MS)
    }
  }
  const running = run().catch((error) => breach(`the witness was not served: ${error}`))
  return {
    secrets: [backend, waitToken, challenge, 'what only backends may see'],
    get rounds() {
      return rounds
    },
    get worst() {
      return worst
    },
    stop: async () => {
      stopped = true
      await running
      if (socket.connected === false) breach('the witness was thrown out')
      socket.disconnect()
    },
  }
}
