/** Every figure the table shows, in its order. `compare` says whether its ratio to the naive server means anything. */
export const FIGURES = {
  cpuPerConnection: { label: 'connect and subscribe: server CPU, µs per page', digits: 0, compare: true },
  connectionsLost: { label: 'connect and subscribe: lost', digits: 0, compare: false },
  memoryPerPage: { label: 'waiting: server memory (RSS), KiB per page', digits: 1, compare: true },
  cpuPerIdlePageSecond: { label: 'waiting: server CPU, µs per idle page and second', digits: 1, compare: false },
  pushLatencyMedian: { label: 'update: push latency p50, ms', digits: 2, compare: true },
  pushLatencyP99: { label: 'update: push latency p99, ms', digits: 2, compare: true },
  cpuPerUpdate: { label: 'update: server CPU, µs', digits: 0, compare: true },
  redisPerUpdate: { label: 'update: Redis CPU, µs', digits: 0, compare: true },
  updatesLost: { label: 'update: lost', digits: 0, compare: false },
  cpuPerLifecycle: { label: 'lifecycle: server CPU, µs', digits: 0, compare: true },
  redisPerLifecycle: { label: 'lifecycle: Redis CPU, µs', digits: 0, compare: true },
  lifecyclesPerSecond: { label: 'lifecycle: per second', digits: 0, compare: true },
  lifecyclesLost: { label: 'lifecycle: lost', digits: 0, compare: false },
  serverBusyChurning: { label: 'lifecycle: server core busy, %', digits: 0, compare: false },
  generatorBusyChurning: { label: 'lifecycle: load generator core busy, %', digits: 0, compare: false },
  generatorBusyUpdating: { label: 'update: load generator core busy, %', digits: 0, compare: false },
} as const

export type FigureName = keyof typeof FIGURES

/** What one workload measured on one contender in one round. */
export type Figures = Partial<Record<FigureName, number>>

/** The order of the table. */
export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[]
