/** What V8 writes with `--cpu-prof`: a tree of calls, and which node was running at each sample. Times in µs. */
export interface CpuProfile {
  startTime: number
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[]
  samples: number[]
  timeDeltas: number[]
}

export interface CallFrame {
  functionName: string
  url: string
  lineNumber: number
}

interface Question {
  /** Only samples taken between these two moments count. */
  from: number
  to: number
  by: (frame: CallFrame) => string
  /** Counts a sample for everything on its stack, not only for what was running. */
  wholeStack?: boolean
  only?: (frame: CallFrame) => boolean
}

/** Names and their share (0…1) of the time the process was not idle, heaviest first. */
export function heaviest(profile: CpuProfile, question: Question): [string, number][] {
  const { from, to, by, wholeStack = false, only = () => true } = question
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const weights = new Map<string, number>()
  let busy = 0
  let now = profile.startTime
  profile.samples.forEach((sample, index) => {
    const spent = profile.timeDeltas[index] ?? 0
    now += spent
    if (now < from || now > to || frames.get(sample)?.functionName === '(idle)') return
    busy += spent
    const names = new Set<string>()
    for (let node: number | undefined = sample; node !== undefined; node = wholeStack ? parents.get(node) : undefined) {
      const frame = frames.get(node)
      if (frame && only(frame)) names.add(by(frame))
    }
    for (const name of names) weights.set(name, (weights.get(name) ?? 0) + spent)
  })
  return [...weights].map(([name, spent]): [string, number] => [name, spent / busy]).sort((a, b) => b[1] - a[1])
}

/** The package, or our own file, that a frame belongs to. */
export function toModule({ url, functionName }: CallFrame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)'
  const [, dependency] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
  return dependency === undefined || dependency.startsWith('.') ? fileOf(url) : dependency
}

/** The function, with its file and line. */
export function toLocation(frame: CallFrame): string {
  const name = frame.functionName || '(anonymous)'
  return frame.url === '' ? name : `${name}  ${fileOf(frame.url)}:${frame.lineNumber + 1}`
}

function fileOf(url: string): string {
  return url.replace(/^.*\/node_modules\//, '').replace(/^.*\/(dist|test)\//, '')
}
