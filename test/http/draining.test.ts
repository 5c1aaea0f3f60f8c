import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { startRedis } from '../support/redis-server.ts'
import { expectProblem } from './expect-problem.ts'
import { get, open, patch, poll, watched } from './hubs.ts'

/** What an end may take beyond its window: 3 s for the last answers, 1 s for the goodbye, and what a busy machine needs. */
const BOUND_MS = 4_000 + 1_500

/** Stops a hub; resolves with how long that took. Milliseconds. */
async function timedStop(hub: RunningHub, drainSeconds: number): Promise<number> {
  const began = performance.now()
  await hub.hub.stop(drainSeconds)
  return performance.now() - began
}

/** A creation whose body stops in the middle; `finish` sends the rest. */
function slowCreation(hub: RunningHub, agent?: Agent) {
  const { hostname, port } = new URL(hub.url)
  // So that the hub says when it has begun.
  const expecting = { Expect: '100-continue' }
  const headers = { Authorization: `Bearer ${hub.backend()}`, 'Content-Type': 'application/json', ...expecting }
  const path = '/v1/challenges'
  const asked = request({ hostname, port, method: 'POST', path, headers, ...(agent && { agent }) })
  const answer = new Promise<IncomingMessage>((resolve, reject) => asked.on('response', resolve).on('error', reject))
  const begun = new Promise<void>((resolve) => asked.once('continue', resolve))
  asked.write('{"challengeStatus":')
  return { begun, answer, finish: () => void asked.end('"started"}') }
}

describe('an instance that is told to stop', () => {
  it('asks for no more traffic, goes on answering, and then is gone', async () => {
    const hub = await startHub()
    const { challenge } = await open(hub)
    const stopped = hub.hub.stop(1)
    const ready = await call<{ status: string; reason: string }>(hub, 'GET', '/readyz')
    expect({ status: ready.status, body: ready.body }).toEqual({
      status: 503,
      body: { status: 'unready', reason: 'draining' },
    })
    expect(ready.headers.get('cache-control')).toBe('no-store')
    expect((await call(hub, 'GET', '/healthz')).status).toBe(200)
    expect((await patch(hub, challenge, { challengeStatus: 'scanned' })).status).toBe(200)
    expect((await get(hub, challenge)).body.challengeStatus).toBe('scanned')
    await stopped
    await expect(call(hub, 'GET', '/healthz')).rejects.toThrow()
  })

  it('closes connections behind its answers, those that were asked before as well', async () => {
    const hub = await startHub()
    const { challenge } = await open(hub)
    const before = await get(hub, challenge)
    const polling = poll(hub, challenge, 'since=1')
    await watched(hub, 1)
    const stopped = hub.hub.stop(2)
    const replies = [
      await get(hub, challenge),
      await get(hub, 'unknown'),
      await call(hub, 'GET', '/healthz'),
      await call(hub, 'GET', '/v1/nothing'),
      await patch(hub, challenge, { challengeStatus: 'scanned' }),
    ]
    // The status or the shutdown, whichever comes first, ends the poll; its connection ends in any case.
    replies.push(await polling)
    expect(before.headers.get('connection')).toBe('keep-alive')
    expect(replies.map(({ headers }) => headers.get('connection'))).toEqual(replies.map(() => 'close'))
    await stopped
  })

  it('sends polls elsewhere one by one, within the window, and those that come in late as well', async () => {
    const hub = await startHub()
    const { challenge } = await open(hub)
    const began = performance.now()
    const timed = async () => {
      const reply = await poll(hub, challenge, 'since=1')
      return { reply, at: performance.now() - began }
    }
    const early = Array.from({ length: 30 }, timed)
    await watched(hub, 1)
    // Thirty may share one watch: only when the last is in is the clock started.
    await Promise.all(Array.from({ length: 3 }, () => get(hub, challenge)))
    const stoppedAt = performance.now() - began
    const stopped = hub.hub.stop(1.5)
    const late = Array.from({ length: 5 }, timed)
    const answers = await Promise.all([...early, ...late])
    for (const { reply } of answers) {
      expectProblem(reply, 'draining')
      expect(reply.headers.get('retry-after')).toBe('1')
    }
    const after = answers.map(({ at }) => at - stoppedAt)
    expect(Math.max(...after)).toBeLessThan(1_500)
    expect(Math.max(...after) - Math.min(...after)).toBeGreaterThan(500)
    await stopped
  })

  it('finishes what it has begun, even beyond the window, for a caller who is slow', async () => {
    const hub = await startHub()
    const creation = slowCreation(hub)
    await creation.begun
    const stopped = timedStop(hub, 0)
    // Longer than anybody is waited for who has only to say goodbye.
    await pause(1_500)
    await expect(call(hub, 'GET', '/healthz')).rejects.toThrow()
    creation.finish()
    const { statusCode, headers } = await creation.answer
    expect([statusCode, headers.connection]).toEqual([201, 'close'])
    expect(await stopped).toBeLessThan(2_500)
  })

  it('waits for nobody for ever', async () => {
    const hub = await startHub()
    const { hostname, port } = new URL(hub.url)
    const silent = connect(Number(port), hostname)
    const agent = new Agent({ keepAlive: true })
    const endless = slowCreation(hub, agent)
    endless.answer.catch(() => undefined)
    await endless.begun
    await eventually(() => silent.readyState === 'open')
    expect(await timedStop(hub, 0)).toBeLessThan(BOUND_MS)
    await expect(endless.answer).rejects.toThrow()
    silent.destroy()
  })

  it('ends once, however often it is told to', async () => {
    const hub = await startHub()
    const [first, second] = await Promise.all([timedStop(hub, 0.5), timedStop(hub, 0)])
    expect(Math.abs(first - second)).toBeLessThan(100)
    expect(first).toBeGreaterThan(490)
  })
})

describe('an instance that is told to stop while Redis is away', () => {
  it.each(['killed', 'frozen'] as const)('%s: answers, and ends in time', async (how) => {
    await using redis = await startRedis()
    const hub = await startHub({ REDIS_URL: redis.url })
    const { challenge } = await open(hub)
    const polling = poll(hub, challenge, 'since=1')
    await watched(hub, 1)
    if (how === 'killed') await redis.kill()
    else redis.freeze()
    const stopped = timedStop(hub, 0.5)
    expectProblem(await get(hub, challenge), 'store_unavailable')
    expectProblem(await polling, 'draining')
    expect(await stopped).toBeLessThan(500 + BOUND_MS)
  })
})
