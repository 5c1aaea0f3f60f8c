import { describe, expect, it } from 'vitest'
import { call } from '../support/http-client.ts'
import { startHub } from '../support/hub.ts'
import { get, open, patch } from './hubs.ts'

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
})
