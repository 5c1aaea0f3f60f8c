import { readFile, writeFile } from 'node:fs/promises'
import { Results, type Round } from './results.ts'

/** A run as a file, so that two can be compared and a chart drawn again. */
export interface BenchRecord {
  /** What was measured, where and how: the words above the tables. */
  readonly about: string
  readonly rounds: readonly Round[]
}

export async function writeRecord(file: string, about: string, results: Results): Promise<void> {
  const record: BenchRecord = { about, rounds: results.rounds }
  await writeFile(file, `${JSON.stringify(record, null, 1)}\n`)
}

export async function readRecord(file: string): Promise<{ about: string; results: Results }> {
  const { about, rounds } = JSON.parse(await readFile(file, 'utf8')) as BenchRecord
  return { about, results: new Results(rounds) }
}
