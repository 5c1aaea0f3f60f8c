import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BenchRecord } from './record.ts'
import type { Round } from './results.ts'

const BENCH = join(import.meta.dirname, 'bench.ts')
/** Half a minute on a machine with nothing else to do. */
const LIMIT_MS = 180_000

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assent-bench-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The command itself, without the build, which the tests have done. */
async function bench(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', BENCH, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output }
}

async function record(name: string, rounds: readonly Round[]): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, JSON.stringify({ about: 'A run of this test.', rounds } satisfies BenchRecord))
  return file
}

describe('npm run bench', () => {
  it('measures everybody, loses nothing of the hub, and leaves a record and a chart', {
    timeout: LIMIT_MS,
  }, async () => {
    const [json, chart] = [join(folder, 'run.json'), join(folder, 'run.svg')]
    const { code, output } = await bench('--quick', `--json=${json}`, `--chart=${chart}`)
    expect(code, output).toBe(0)

    const { rounds } = JSON.parse(await readFile(json, 'utf8')) as BenchRecord
    expect(rounds).toHaveLength(1)
    for (const contender of ['hub', 'naive', 'floor'] as const) {
      const figures = rounds[0]?.[contender]
      for (const figure of ['cpuPerConnection', 'cpuPerUpdate', 'cpuPerPush', 'cpuPerLifecycle'] as const) {
        expect(figures?.[figure], `${contender}: ${figure}`).toBeGreaterThan(0)
      }
      expect(figures?.pushLatencyP99).toBeGreaterThan(figures?.pushLatencyMedian ?? Number.POSITIVE_INFINITY)
    }
    expect(rounds[0]?.hub).toMatchObject({
      connectionsLost: 0,
      updatesLost: 0,
      pushesLost: 0,
      publishedLost: 0,
      lifecyclesLost: 0,
      toldTwice: 0,
    })
    // A picture that is well-formed has one bar of each in every panel.
    expect((await readFile(chart, 'utf8')).match(/>hub</g)).toHaveLength(4)
  })

  it('ends with 1 when what must be reached is not, and with 0 when it is', async () => {
    const naive = { cpuPerLifecycle: 1_000 }
    const missed = await bench(`--from=${await record('slow.json', [{ naive, hub: { cpuPerLifecycle: 900 } }])}`)
    expect(missed.output).toMatch(/lifecycle, server CPU ÷ naive +0\.90 +≤ 0\.80 +≤ 0\.50 +missed/)
    expect(missed.code).toBe(1)
    const reached = await bench(`--from=${await record('fast.json', [{ naive, hub: { cpuPerLifecycle: 700 } }])}`)
    expect(reached.output).toMatch(/lifecycle, server CPU ÷ naive +0\.70 +≤ 0\.80 +≤ 0\.50 +reached/)
    expect(reached.code).toBe(0)
  })

  it('says whom it does not know', async () => {
    const { code, output } = await bench('--quick', '--only=hub,nobody')
    expect(output).toContain('Nobody knows nobody here')
    expect(code).not.toBe(0)
  })
})
