/**
 * A process whose clock is wrong by as many milliseconds as it is told, from before the first line of the driver:
 * `wrong-clock-process.ts <url> <prefix> <error>`. Prints what its store made of it, as one line of JSON.
 */
import { Redis } from 'ioredis'
import type { News } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isGone, type Note, note, notes, someId } from './note.ts'

export interface WrongClockReport {
  readonly wallClockError: number
  /** How far the store's clock was behind Redis's, at each look, at most and at least. Milliseconds. */
  readonly behindAtMost: readonly number[]
  readonly behindAtLeast: readonly number[]
  readonly inTime: string
  readonly late: string
  /** By Redis's clock: when the last commit before a deadline was accepted, and the first refused. */
  readonly deadline: number
  readonly lastAccepted: number
  readonly firstRefused: number
  readonly purgeAt: number
  readonly goneAt: number
}

const [url = '', prefix = '', error = '0'] = process.argv.slice(2)
const shift = Number(error)
const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(time: number = RealDate.now() + shift) {
    super(time)
  }
  static override now(): number {
    return RealDate.now() + shift
  }
} as DateConstructor
Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + shift })

const { RedisStore } = await import('../../server/store/redis/redis-store.ts')
const store = await RedisStore.connect({ url, prefix })
const client = new Redis(url)

async function redisTime(): Promise<number> {
  const [seconds, micros] = await client.time()
  return Number(seconds) * 1_000 + Number(micros) / 1_000
}

const behindAtMost: number[] = []
const behindAtLeast: number[] = []
for (let look = 0; look < 50; look++) {
  const before = store.now()
  const theirs = await redisTime()
  const after = store.now()
  behindAtMost.push(theirs - before)
  behindAtLeast.push(theirs - after)
}

const inTime = await store.commit(notes, someId(), note(1), { before: (await redisTime()) + 1_000 })
const late = await store.commit(notes, someId(), note(1), { before: (await redisTime()) - 1 })

const deadline = Math.ceil(await redisTime()) + 300
const id = someId()
let lastAccepted = 0
for (let version = 1; ; version++) {
  const asked = await redisTime()
  const result = await store.commit(notes, id, note(version), { before: deadline })
  if (result !== 'committed') break
  lastAccepted = asked
}
const firstRefused = await redisTime()

const purgeAt = store.now() + 300
const short = someId()
const heard = new Recorder<News<Note>>()
await store.commit(notes, short, note(1, 'short', purgeAt))
await store.watch(notes, short, heard.listen)
await eventually(async () => (await store.read(notes, short)) === undefined)
const goneAt = await redisTime()
await heard.until(isGone, { within: 10_000 })

const report: WrongClockReport = {
  wallClockError: Date.now() - (await redisTime()),
  behindAtMost,
  behindAtLeast,
  inTime,
  late,
  deadline,
  lastAccepted,
  firstRefused,
  purgeAt,
  goneAt,
}
console.log(JSON.stringify(report))
client.disconnect()
await store.close()
