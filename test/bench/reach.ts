import type { ContenderName } from './contenders/contender.ts'
import type { FigureName } from './figures.ts'
import type { Measured } from './results.ts'

/** How far the hub is to reach: one figure beside another one of the same run. */
export interface Goal {
  readonly name: string
  readonly measured: Measured
  readonly beside: Measured
  /** The ratio that a run must not exceed; without one it is only looked at. */
  readonly must?: number
  readonly aim?: number
}

const the = (contender: ContenderName, figure: FigureName): Measured => ({ contender, figure })

/** Against one rival, by one figure of both. */
function beside(name: string, rival: ContenderName, figure: FigureName, must?: number, aim?: number): Goal {
  const goal: Goal = { name, measured: the('hub', figure), beside: the(rival, figure) }
  return { ...goal, ...(must !== undefined && { must }), ...(aim !== undefined && { aim }) }
}

/** The hub on Redis, one instance, tokens verified, documents sealed, all limits on. */
export const GOALS: readonly Goal[] = [
  beside('lifecycle, server CPU ÷ naive', 'naive', 'cpuPerLifecycle', 0.8, 0.5),
  beside('lifecycle, server CPU ÷ floor', 'floor', 'cpuPerLifecycle', undefined, 3),
  beside('update → push at saturation over HTTP, server CPU ÷ naive', 'naive', 'cpuPerPush', 0.5, 0.3),
  {
    name: 'the same published over /publishing ÷ naive over HTTP',
    measured: the('hub', 'cpuPerPublished'),
    beside: the('naive', 'cpuPerPush'),
    must: 0.35,
    aim: 0.2,
  },
  beside('push latency at the steady rate, p99 ÷ naive', 'naive', 'pushLatencyP99', 1.15, 0.5),
  beside('connect and subscribe, server CPU ÷ naive', 'naive', 'cpuPerConnection', 1.2, 0.9),
  beside('memory per waiting page ÷ naive', 'naive', 'memoryPerPage', 1, 0.7),
  {
    name: 'update at saturation, 2 instances ÷ 1, server CPU of all',
    measured: the('hub-2', 'cpuPerPush'),
    beside: the('hub', 'cpuPerPush'),
    must: 1.25,
    aim: 1.15,
  },
  beside('lifecycle, Redis CPU ÷ naive', 'naive', 'redisPerLifecycle', 1.2, 0.8),
  beside('lifecycle, server + Redis CPU ÷ nchan on Redis', 'nchan', 'bothPerLifecycle', 4, 2),
  // A page that polls pays by the second it waits: what a lifecycle costs there depends on how long the person takes.
  beside('lifecycle with 10 s of waiting, server CPU ÷ polling', 'polling', 'cpuPerAskedLifecycle', 0.6),
  beside('lifecycle answered at once, server CPU ÷ polling', 'polling', 'cpuPerLifecycle'),
  beside('push latency, p50 ÷ polling', 'polling', 'pushLatencyMedian', 1 / 300),
  // A page of the hub's answers one heartbeat in ten seconds, and that is all: a twentieth of ten polls.
  beside('idle page and second, server CPU ÷ polling', 'polling', 'cpuPerIdlePageSecond', 0.05),
  {
    name: 'update, most documents watched ÷ fewest',
    measured: the('hub', 'cpuPerPushManyWatched'),
    beside: the('hub', 'cpuPerPushFewWatched'),
    // Flat, but for what caches and the collector make of a heap fifty times as large.
    must: 1.25,
    aim: 1.1,
  },
]

/** Whoever of these took part must have lost nothing and told nothing twice. */
export const FAULTLESS: readonly ContenderName[] = ['hub', 'hub-memory', 'hub-2', 'hub-4']
