import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFailed } from 'vitest'
import { shortOptions } from './options.ts'
import { runChaos } from './run-chaos.ts'
import { lastLine, writeReport } from './write-report.ts'

/** Bounded by the run itself; this is only for a machine that stands still. */
const LIMIT_MS = 180_000

it('keeps every promise through kills, freezes, a half-open link and restarts', { timeout: LIMIT_MS }, async () => {
  const options = shortOptions(Date.now() % 1_000_000)
  const folder = await mkdtemp(join(tmpdir(), 'assent-chaos-'))
  onTestFailed(() => console.log(`seed ${options.seed}; report in ${folder}`))
  const run = await runChaos('standalone', options, folder, () => undefined)
  const text = await writeReport(folder, options, [run])
  console.log(lastLine([run]))

  expect(run.broken, text).toEqual([])
  expect(run).toMatchObject({ faults: 4, lost: 0, duplicates: 0 })
  // That it was a run at all.
  expect(run.pages).toBeGreaterThan(options.pages)
  expect(run.told).toBeGreaterThan(options.pages)
  await rm(folder, { recursive: true })
})
