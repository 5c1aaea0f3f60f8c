/** A workload's table: its title, and the figures in the order of its columns. `compare`: its ratio to naive means something. */
interface Figure {
  readonly label: string
  readonly digits: number
  readonly compare: boolean
}

/** A figure whose ratio to the naive server says who is better. */
const ratio = (label: string, digits = 0): Figure => ({ label, digits, compare: true })
const plain = (label: string, digits = 0): Figure => ({ label, digits, compare: false })

const SECTIONS = {
  connect: {
    title: 'Connect and subscribe',
    figures: {
      cpuPerConnection: ratio('server CPU, µs a page'),
      redisPerConnection: plain('Redis CPU, µs'),
      connectionsPerSecond: plain('pages/s'),
      generatorBusyConnecting: plain('generator, % of a core'),
    },
  },
  idle: {
    title: 'Waiting',
    figures: {
      memoryPerPage: ratio('server memory, KiB a page', 1),
      cpuPerIdlePageSecond: plain('server CPU, µs a page and second', 1),
    },
  },
  steady: {
    title: 'Steady updates',
    figures: {
      pushLatencyMedian: ratio('push latency p50, ms', 2),
      pushLatencyP99: ratio('p99, ms', 2),
      cpuPerUpdate: ratio('server CPU, µs an update'),
      redisPerUpdate: ratio('Redis CPU, µs'),
      generatorBusyUpdating: plain('generator, % of a core'),
    },
  },
  saturation: {
    title: 'Updates at saturation, over HTTP',
    figures: {
      cpuPerPush: ratio('server CPU, µs from update to push'),
      redisPerPush: ratio('Redis CPU, µs'),
      pushesPerSecond: ratio('updates/s'),
      serverBusyPushing: plain('server, % of a core'),
      generatorBusyPushing: plain('generator, % of a core'),
    },
  },
  publishing: {
    title: 'Updates at saturation, published over Socket.IO',
    figures: {
      cpuPerPublished: plain('server CPU, µs from update to push'),
      redisPerPublished: plain('Redis CPU, µs'),
      publishedPerSecond: plain('updates/s'),
      generatorBusyPublishing: plain('generator, % of a core'),
    },
  },
  storm: {
    title: 'All pages come back at once',
    figures: {
      secondsUntilBack: ratio('all back after, s', 2),
      cpuPerReturn: ratio('server CPU, µs a page'),
      redisPerReturn: plain('Redis CPU, µs'),
      generatorBusyReturning: plain('generator, % of a core'),
    },
  },
  churn: {
    title: 'Lifecycles: create, connect, update, receive, close',
    figures: {
      cpuPerLifecycle: ratio('server CPU, µs'),
      cpuPerAskedLifecycle: plain('with 10 s of waiting, µs'),
      redisPerLifecycle: ratio('Redis CPU, µs'),
      bothPerLifecycle: ratio('both, µs'),
      lifecyclesPerSecond: ratio('lifecycles/s'),
      serverBusyChurning: plain('server, % of a core'),
      generatorBusyChurning: plain('generator, % of a core'),
    },
  },
  watched: {
    title: 'Server CPU from update to push, with so many documents watched, µs',
    figures: {
      cpuPerPushFewWatched: plain('fewest'),
      cpuPerPushMoreWatched: plain('more'),
      cpuPerPushManyWatched: plain('most'),
    },
  },
  lost: {
    title: 'Lost, and told twice, in all rounds',
    figures: {
      connectionsLost: plain('pages'),
      updatesLost: plain('steady updates'),
      pushesLost: plain('updates at saturation'),
      publishedLost: plain('published'),
      watchedLost: plain('watched'),
      returnsLost: plain('returns'),
      lifecyclesLost: plain('lifecycles'),
      toldTwice: plain('told twice'),
    },
  },
} as const

export type Section = keyof typeof SECTIONS
export type FigureName = { [Name in Section]: keyof (typeof SECTIONS)[Name]['figures'] }[Section]

/** What was measured on one contender in one round. */
export type Figures = Partial<Record<FigureName, number>>

export interface SectionDescription {
  readonly title: string
  readonly figures: Readonly<Partial<Record<FigureName, Figure>>>
}

/** In the order of the tables. */
export const TABLES: readonly SectionDescription[] = Object.values(SECTIONS)
/** Counts that are added up over the rounds, and must be 0 for the hub. */
export const COUNTS: SectionDescription = SECTIONS.lost
export const COUNT_NAMES = Object.keys(SECTIONS.lost.figures) as FigureName[]
