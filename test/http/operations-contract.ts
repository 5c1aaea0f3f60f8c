import { describe, expect, it } from 'vitest'
import { call } from '../support/http-client.ts'
import { type CurrentHubs, open, poll, stats, watched } from './hubs.ts'

export function describeOperations(hubs: CurrentHubs): void {
  describe('operations', () => {
    it('counts what is watched on all instances, within a second', async () => {
      const { one, other } = hubs()
      await watched(one, 0)
      const instances = one === other ? 1 : 2
      const idle = { waiting: 0, approvers: 0, watches: 0, instances: { answered: instances, expected: instances } }
      const began = performance.now()
      expect(await stats(one)).toStrictEqual(idle)
      expect(performance.now() - began).toBeLessThan(1_000)
      const hangUp = new AbortController()
      const options = { signal: hangUp.signal }
      const opened = await Promise.all([open(one), open(one), open(one)])
      const query = 'pollInterval=5000&pollRetries=12'
      const polls = opened.flatMap(({ challenge }, at) => [
        poll(one, challenge, query, options).catch(() => 'gone'),
        ...(at === 0 && one !== other ? [poll(other, challenge, query, options).catch(() => 'gone')] : []),
      ])
      await watched(one, polls.length)
      await watched(other, polls.length)
      hangUp.abort()
      await Promise.all(polls)
      await watched(other, 0)
    })

    it('is alive and ready', async () => {
      for (const hub of [hubs().one, hubs().other]) {
        const alive = await call(hub, 'GET', '/healthz')
        expect({ status: alive.status, body: alive.body }).toEqual({ status: 200, body: { status: 'alive' } })
        const ready = await call(hub, 'GET', '/readyz')
        expect({ status: ready.status, body: ready.body }).toEqual({ status: 200, body: { status: 'ready' } })
      }
    })
  })
}
