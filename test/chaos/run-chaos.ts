import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisKind } from './deployment/deployment.ts'
import { ALL_FAULTS } from './faults/all-faults.ts'
import type { World } from './faults/fault.ts'
import { Chance } from './load/chance.ts'
import { Population } from './load/population.ts'
import { readAgain } from './load/read-again.ts'
import type { ChaosOptions } from './options.ts'
import { planRounds, type Round } from './plan-rounds.ts'
import { type FailedStrike, type RoundTimes, type RunReport, summarize } from './report.ts'
import { judge } from './tracker/judge.ts'
import { machineTime } from './tracker/machine-time.ts'
import { OutageProbe } from './tracker/outage-probe.ts'
import { openWorld } from './world.ts'

/** A machine that can't bring the pages together within this begins with those there are; the report says how many. Milliseconds. */
const GATHERING_MS = 60_000
/** Within this every fault must be over. Milliseconds. */
const STRIKE_MS = 120_000
/** Within this after the last round everything must have come to its end. Milliseconds. */
const TAIL_MS = 120_000

/** One deployment, all its rounds: from an empty Redis to a judged recording. */
export async function runChaos(
  kind: RedisKind,
  options: ChaosOptions,
  folder: string,
  say: (line: string) => void,
): Promise<RunReport> {
  const stalls = monitorEventLoopDelay()
  stalls.enable()
  const faults = ALL_FAULTS.filter(({ name }) => options.only.includes(name))
  const rounds = planRounds(options.seed, kind, faults, options.mixed)
  const logName = (hub: number) => join(folder, `${kind}-hub-${hub}.log`)
  const { world, close } = await openWorld(kind, options, logName)
  try {
    const { scene, crowd, tracker, deployment } = world
    const probe = new OutageProbe(() => deployment.write(), tracker.outage)
    const population = new Population({ ...options, scene, crowd })
    const began = machineTime()
    probe.start()
    population.start()
    while (crowd.size < options.pages && machineTime() - began < GATHERING_MS) await sleep(100)
    const gathered = crowd.size
    say(`${kind}: ${gathered} pages are waiting`)

    const times: RoundTimes[] = [{ name: '(before)', from: began, mendedAt: began, to: machineTime(), faults: 0 }]
    const failed: FailedStrike[] = []
    for (const round of rounds) {
      const from = machineTime()
      say(`${kind}: ${round.name}`)
      failed.push(...(await strike(round, world)))
      const mendedAt = machineTime()
      await sleep(options.settleMs)
      times.push({ name: round.name, from, mendedAt, to: machineTime(), faults: round.strikes.length })
    }

    const roundsOver = machineTime()
    const limit = setTimeout(() => scene.close(), TAIL_MS)
    await population.stop()
    await readAgain(scene)
    clearTimeout(limit)
    await probe.stop()
    const recording = tracker.recording()
    times.push({ name: '(after)', from: roundsOver, mendedAt: roundsOver, to: recording.endedAt, faults: 0 })
    const verdict = judge(recording)
    return summarize({ kind, began, gathered, times, failed, recording, verdict, longestStall: stalls.max / 1e6 })
  } finally {
    stalls.disable()
    await close()
  }
}

async function tooLong(): Promise<never> {
  await sleep(STRIKE_MS, undefined, { ref: false })
  throw new Error(`it was not over within ${STRIKE_MS} ms`)
}

async function strike(round: Round, world: World): Promise<FailedStrike[]> {
  const failures = await Promise.all(
    round.strikes.map(async ({ fault, afterMs, seed }) => {
      await sleep(afterMs)
      try {
        await Promise.race([fault.strike(world, new Chance(seed)), tooLong()])
        return undefined
      } catch (error) {
        return { fault: fault.name, why: String(error), at: machineTime() }
      }
    }),
  )
  return failures.filter((failure) => failure !== undefined)
}
