import { writeFile } from 'node:fs/promises'
import { ensureTools } from '../support/tools.ts'
import { describeRun } from './about.ts'
import { drawChart } from './chart.ts'
import { readOptions } from './options.ts'
import { planTurns } from './plan.ts'
import { readRecord, writeRecord } from './record.ts'
import type { Results } from './results.ts'
import { compileRivals } from './run/compile.ts'
import { takeGeneratorSeat } from './run/cores.ts'
import { startRedis } from './run/redis.ts'
import { runRounds } from './run-rounds.ts'
import { toSizes } from './sizes.ts'
import { toTables } from './tables.ts'
import { hasMissed, judge, onlyCounts, toVerdictTable } from './verdicts.ts'

/*
 * npm run bench [-- --quick --big --only=hub,naive --workloads=churn --rounds=3 --json=FILE --chart=FILE]
 * npm run bench:all, with the same words; npm run bench -- --from=FILE shows an earlier run again, and --beside=FILE what
 * an earlier one reached.
 */

const options = readOptions(process.argv.slice(2))
const { about, results } = options.from === undefined ? await measure() : await readRecord(options.from)

console.log(`\n${about}\n\n${toTables(results)}`)
await keep(about, results)
if (options.chart !== undefined) await writeFile(options.chart, drawChart(results))

const verdicts = options.quick ? onlyCounts(judge(results)) : judge(results)
const before = options.beside === undefined ? [] : judge((await readRecord(options.beside)).results)
if (verdicts.length > 0) console.log(`\nReach\n${toVerdictTable(verdicts, before)}`)
if (hasMissed(verdicts)) process.exitCode = 1

async function measure(): Promise<{ about: string; results: Results }> {
  const { turns, skipped } = planTurns(options)
  const sizes = toSizes(options)
  const tell = (line: string) => void process.stderr.write(`${line}\n`)
  ensureTools()
  skipped.forEach(tell)
  takeGeneratorSeat()
  await compileRivals()
  const redis = await startRedis()
  const words = [describeRun(turns, redis, sizes), ...skipped].join('\n')
  const run = await runRounds(turns, redis, sizes, tell, (rounds) => keep(words, rounds))
  await redis.stop()
  if (run.failed.length > 0) process.exitCode = 1
  return { about: [words, ...run.failed].join('\n'), results: run.results }
}

async function keep(about: string, results: Results): Promise<void> {
  if (options.json !== undefined) await writeRecord(options.json, about, results)
}
