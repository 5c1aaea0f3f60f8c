import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, it } from 'vitest'
import { startRedis } from '../support/redis-server.ts'
import type { WrongClockReport } from './wrong-clock-process.ts'

const PROCESS = fileURLToPath(new URL('./wrong-clock-process.ts', import.meta.url))
const FIVE_MINUTES = 300_000

describe.concurrent('redis store: the clock is Redis’s', () => {
  it.for([
    ['right', 0],
    ['five minutes ahead', FIVE_MINUTES],
    ['five minutes behind', -FIVE_MINUTES],
  ] as const)('whatever the process’s own says: %s', async ([, error], { expect }) => {
    await using redis = await startRedis()
    const args = ['--import', 'tsx', PROCESS, redis.url, randomUUID(), String(error)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 })
    const report = JSON.parse(stdout) as WrongClockReport

    // That it was wrong at all.
    expect(Math.abs(report.wallClockError - error)).toBeLessThan(5_000)
    // Never ahead: what it said before Redis was asked is not above what Redis then said.
    expect(Math.min(...report.behindAtMost)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...report.behindAtLeast)).toBeLessThan(50)
    expect([report.inTime, report.late]).toEqual(['committed', 'late'])
    expect(report.lastAccepted).toBeLessThan(report.deadline)
    expect(report.lastAccepted).toBeGreaterThan(report.deadline - 200)
    expect(report.firstRefused).toBeGreaterThanOrEqual(report.deadline)
    expect(report.goneAt).toBeGreaterThanOrEqual(report.purgeAt)
  })
})
