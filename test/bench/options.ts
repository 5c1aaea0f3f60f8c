import { parseArgs } from 'node:util'
import { wholeNumber } from '../support/whole-number.ts'

export interface BenchOptions {
  readonly all: boolean
  readonly quick: boolean
  readonly big: boolean
  readonly only?: readonly string[] | undefined
  readonly workloads?: readonly string[] | undefined
  readonly rounds?: number | undefined
  /** Where the figures of every round are written. */
  readonly json?: string | undefined
  /** Where the picture is written. */
  readonly chart?: string | undefined
  /** A file of `json`'s: what an earlier run reached stands beside what this one does. */
  readonly beside?: string | undefined
  /** Another one: nothing is measured, its figures are shown again. */
  readonly from?: string | undefined
}

/** Reads the command line; throws a sentence about what it does not understand. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      all: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      big: { type: 'boolean', default: false },
      only: { type: 'string' },
      workloads: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      chart: { type: 'string' },
      beside: { type: 'string' },
      from: { type: 'string' },
    },
  })
  const rounds = values.rounds === undefined ? undefined : wholeNumber('rounds', values.rounds)
  return { ...values, rounds, only: values.only?.split(','), workloads: values.workloads?.split(',') }
}
