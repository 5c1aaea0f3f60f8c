import { parseArgs } from 'node:util'
import { wholeNumber } from '../support/whole-number.ts'
import type { RedisKind } from './deployment/deployment.ts'
import { START } from './deployment/start.ts'
import { ALL_FAULTS, SHORT_FAULTS } from './faults/all-faults.ts'
import type { Pace } from './load/plan-life.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly redis: readonly RedisKind[]
  /** Names of faults. */
  readonly only: readonly string[]
  /** Rounds in which several faults strike. */
  readonly mixed: number
  readonly pages: number
  /** New pages per second, at most. */
  readonly growth: number
  readonly pace: Pace
  /** How long a hub that was asked to stop sends its pages elsewhere. */
  readonly drainSeconds: number
  /** After a round, and before the next. Milliseconds. */
  readonly settleMs: number
  /** Another build's `main.js`, to see that chaos finds what is wrong with it. */
  readonly hub?: string | undefined
}

const PAGES_PER_HOLDER = 250
/** A third of all pages go elsewhere when a hub stops: not quicker than this machine can open them. */
const PAGES_PER_DRAIN_SECOND = 250
const PAGES_PER_USER = 20

/** Under a minute, for CI. */
export function shortOptions(seed: number): ChaosOptions {
  return {
    seed,
    redis: ['standalone'],
    only: SHORT_FAULTS,
    mixed: 0,
    pages: 300,
    growth: 100,
    pace: { shortestLife: 3_000, longestLife: 12_000, users: 20, holders: 2 },
    drainSeconds: 3,
    settleMs: 3_000,
  }
}

/** Reads the command line; throws a sentence about what it does not understand. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string' },
      pages: { type: 'string' },
      redis: { type: 'string' },
      mixed: { type: 'string' },
      hub: { type: 'string' },
    },
  })
  const seed = wholeNumber('seed', values.seed, 0)
  const usual = values.short ? shortOptions(seed) : fullOptions(seed, wholeNumber('pages', values.pages ?? '2000'))
  return {
    ...usual,
    ...(values.only !== undefined && { only: toNames(values.only), mixed: 0 }),
    ...(values.mixed !== undefined && { mixed: wholeNumber('mixed', values.mixed, 0) }),
    ...(values.redis !== undefined && { redis: values.redis.split(',').map(toRedisKind) }),
    hub: values.hub,
  }
}

function fullOptions(seed: number, pages: number): ChaosOptions {
  return {
    seed,
    redis: Object.keys(START) as RedisKind[],
    only: ALL_FAULTS.map(({ name }) => name),
    mixed: 4,
    pages,
    growth: 100,
    pace: {
      shortestLife: 15_000,
      longestLife: 120_000,
      users: Math.ceil(pages / PAGES_PER_USER),
      holders: Math.max(3, Math.ceil(pages / PAGES_PER_HOLDER)),
    },
    drainSeconds: Math.ceil(pages / PAGES_PER_DRAIN_SECOND),
    settleMs: 8_000,
  }
}

function toNames(text: string): string[] {
  const known = ALL_FAULTS.map(({ name }) => name)
  const names = text.split(',').filter((name) => name !== '')
  const unknown = names.filter((name) => !known.includes(name))
  if (names.length === 0) throw new Error(`--only names no fault; there are: ${known.join(', ')}`)
  if (unknown.length > 0) throw new Error(`no fault is called ${unknown.join(' or ')}; there are: ${known.join(', ')}`)
  return names
}

function toRedisKind(text: string): RedisKind {
  if (!(text in START)) throw new Error(`--redis must be one of ${Object.keys(START).join(', ')}, not "${text}"`)
  return text as RedisKind
}
