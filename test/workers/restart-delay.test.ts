import { expect, it } from 'vitest'
import { RestartDelay } from '../../server/workers/restart-delay.ts'

it('doubles while nobody lasts, up to half a minute', () => {
  const delay = new RestartDelay()
  const delays = Array.from({ length: 11 }, () => delay.next(59_999))
  expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000])
})

it('begins anew behind a worker that lasted', () => {
  const delay = new RestartDelay()
  delay.next(0)
  delay.next(0)
  expect([delay.next(60_000), delay.next(0)]).toEqual([100, 200])
})
