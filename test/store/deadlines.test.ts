import { setTimeout as pause } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { Deadlines } from '../../server/store/deadlines.ts'

/** A busy machine may be so late, and no more. Milliseconds. */
const LATE_MS = 400

describe.concurrent('deadlines', () => {
  it.for([5, 600, 1_300, 2_700])(
    'one %i ms ahead is called once, at its moment and not before',
    async (ahead, { expect }) => {
      const deadlines = new Deadlines(() => Date.now())
      const at = Date.now() + ahead
      const called: number[] = []
      deadlines.set(at, () => called.push(Date.now()))
      expect(deadlines.size).toBe(ahead > 1_000 ? 1 : 0)
      await pause(ahead + LATE_MS)
      expect(called).toHaveLength(1)
      expect(called[0]).toBeGreaterThanOrEqual(at)
      expect(deadlines.size).toBe(0)
    },
  )

  it('are not called when they are given up, however near', async ({ expect }) => {
    const deadlines = new Deadlines(() => Date.now())
    const called: string[] = []
    const forgets = [5, 1_200].map((ahead) => deadlines.set(Date.now() + ahead, () => called.push(`in ${ahead}`)))
    deadlines.set(Date.now() + 1_300, () => called.push('the last'))
    for (const forget of forgets) forget()
    expect(deadlines.size).toBe(1)
    await pause(1_300 + LATE_MS)
    expect(called).toEqual(['the last'])
  })

  it('go by a clock that may be set: forward they come at once, back they wait', async ({ expect }) => {
    let error = 0
    const now = () => Date.now() + error
    const deadlines = new Deadlines(now)
    const called: string[] = []
    deadlines.set(now() + 3_600_000, () => called.push('in an hour'))
    deadlines.set(now() + 300, () => called.push('soon'))
    error = -1_000
    await pause(300 + LATE_MS)
    expect(called).toEqual([])
    await pause(1_000)
    expect(called).toEqual(['soon'])
    error = 3_600_000
    await pause(500 + LATE_MS)
    expect(called).toEqual(['soon', 'in an hour'])
  })
})
