import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type CurrentHubs, get, open, patch, poll, stats, watched } from './hubs.ts'

/** Longer than any test: who answers sooner was not woken by it. */
const SLEEPY = 'pollInterval=5000&pollRetries=12'

export function describeHangingUp(hubs: CurrentHubs): void {
  describe('a caller that hangs up', () => {
    it('costs nothing from then on', async () => {
      const { one } = hubs()
      await watched(one, 0)
      const opened = await Promise.all(Array.from({ length: 10 }, () => open(one)))
      const hangUp = new AbortController()
      const polls = opened.map(({ challenge }) =>
        poll(one, challenge, SLEEPY, { signal: hangUp.signal }).catch(() => 'gone'),
      )
      await watched(one, 10)
      hangUp.abort()
      expect(await Promise.all(polls)).toEqual(polls.map(() => 'gone'))
      await watched(one, 0)
      for (const { challenge } of opened) expect((await get(one, challenge)).body.version).toBe(1)
    })

    it('does not disturb who polls the same', async () => {
      const { one, other } = hubs()
      const { challenge } = await open(one)
      const hangUp = new AbortController()
      const gone = poll(one, challenge, SLEEPY, { signal: hangUp.signal }).catch(() => 'gone')
      const stays = poll(one, challenge, `${SLEEPY}&since=1`)
      await eventually(async () => (await stats(other)).watches > 0)
      hangUp.abort()
      expect(await gone).toBe('gone')
      await patch(other, challenge, { challengeStatus: 'scanned' })
      expect((await stays).body).toMatchObject({ pollOutcome: 'changed' })
    })
  })
}
