import { COUNT_NAMES } from './figures.ts'
import { median } from './measure/statistics.ts'
import { FAULTLESS, GOALS } from './reach.ts'
import type { Results } from './results.ts'
import { align, toRatio } from './tables.ts'

export interface Verdict {
  readonly name: string
  /** The ratio of each round, or one count over all of them. */
  readonly values: readonly number[]
  readonly must?: number | undefined
  readonly aim?: number | undefined
  readonly word: 'missed' | 'reached' | 'aim reached' | 'aim not reached' | 'looked at'
}

/** On everything whose contenders and workloads were in this run. */
export function judge(results: Results): Verdict[] {
  const ratios = GOALS.flatMap(({ name, measured, beside, must, aim }) => {
    const values = results.ratios(measured, beside)
    return values.length === 0 ? [] : [toVerdict(name, values, must, aim)]
  })
  const counts = FAULTLESS.flatMap((contender) => {
    const values = COUNT_NAMES.flatMap((figure) => results.total({ contender, figure }) ?? [])
    const sum = values.reduce((total, value) => total + value, 0)
    return values.length === 0 ? [] : [toVerdict(`${contender}: lost, or told twice`, [sum], 0)]
  })
  return [...ratios, ...counts]
}

export function hasMissed(verdicts: readonly Verdict[]): boolean {
  return verdicts.some(({ word }) => word === 'missed')
}

/** Losses are losses however small the run. */
export function onlyCounts(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.filter(({ must }) => must === 0)
}

/** @param before the verdicts on an earlier run, to be shown beside these */
export function toVerdictTable(verdicts: readonly Verdict[], before: readonly Verdict[] = []): string {
  const earlier = new Map(before.map(({ name, values }) => [name, median(values)]))
  const toBefore = ({ name, must }: Verdict) => {
    const value = earlier.get(name)
    return value === undefined ? '' : toText(value, must)
  }
  const spread = (values: readonly number[], must?: number) =>
    values.length > 1 ? `${toText(Math.min(...values), must)}–${toText(Math.max(...values), must)}` : ''
  return align([
    ['', 'measured', 'rounds', ...(before.length > 0 ? ['before'] : []), 'must', 'aim', ''],
    ...verdicts.map((verdict) => [
      verdict.name,
      toText(median(verdict.values), verdict.must),
      spread(verdict.values, verdict.must),
      ...(before.length > 0 ? [toBefore(verdict)] : []),
      verdict.must === undefined ? '' : `≤ ${toText(verdict.must, verdict.must)}`,
      verdict.aim === undefined ? '' : `≤ ${toText(verdict.aim, verdict.must)}`,
      verdict.word,
    ]),
  ])
}

function toVerdict(name: string, values: readonly number[], must?: number, aim?: number): Verdict {
  const value = median(values)
  // A figure that could not be measured has not been reached.
  const reaches = (limit: number) => value <= limit
  const atAim = aim !== undefined && reaches(aim)
  const aside = atAim ? 'aim reached' : aim === undefined ? 'looked at' : 'aim not reached'
  const word = must === undefined ? aside : !reaches(must) ? 'missed' : atAim ? 'aim reached' : 'reached'
  return { name, values, must, aim, word }
}

function toText(value: number, must: number | undefined): string {
  return must === 0 ? String(value) : toRatio(value)
}
