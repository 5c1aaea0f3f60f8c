import { createWriteStream, type WriteStream } from 'node:fs'
import { TEST_SECRET, TEST_STORE_KEY } from '../support/hub.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import type { Road } from './deployment/deployment.ts'
import { machineTime } from './tracker/machine-time.ts'
import type { HubEnd } from './tracker/recording.ts'

const UNHANDLED = /unhandled|uncaught/i
export interface HubSeatOptions {
  readonly number: number
  readonly port: number
  readonly road: Road
  readonly logFile: string
  readonly drainSeconds: number
  readonly main?: string | undefined
  readonly onEnd: (end: HubEnd) => void
  readonly onUnhandled: (line: string) => void
}

/** One hub's place: a port, a way to Redis, a log. The process in it comes and goes. */
export class HubSeat {
  readonly number: number
  readonly road: Road
  readonly #options: HubSeatOptions
  readonly #log: WriteStream
  #hub: HubProcess | undefined
  #wanted: HubEnd['wanted'] = 'never'
  #line = ''
  /** How far the hub's own clock is ahead of ours, as its log shows. Milliseconds. */
  #clockError = 0
  #turn: Promise<void> = Promise.resolve()

  constructor(options: HubSeatOptions) {
    this.#options = options
    this.number = options.number
    this.road = options.road
    this.#log = createWriteStream(options.logFile)
  }

  /** @param environment besides the usual, such as a wrong clock */
  start(environment: Record<string, string> = {}): Promise<void> {
    return this.#inTurn(() => this.#start(environment))
  }

  get clockError(): number {
    return this.#clockError
  }

  /** SIGKILL, a pause, and a new process. */
  killAndStart(pauseMs: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end('killed')
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      await this.#start({})
    })
  }

  /** SIGTERM, and a new process once the old one has gone in good order. */
  stopAndStart(environment: Record<string, string> = {}): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end('stopped')
      await this.#start(environment)
    })
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#end('killed'))
    await new Promise((resolve) => this.#log.end(resolve))
    await this.road.close()
  }

  /** Two faults at once must not start two hubs on one port. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #start(environment: Record<string, string>): Promise<void> {
    const { number, port, road, main, drainSeconds, onEnd } = this.#options
    this.#wanted = 'never'
    const hub = await spawnHub(
      {
        NODE_ENV: 'production',
        PORT: String(port),
        REDIS_URL: road.url,
        JWT_SECRET: TEST_SECRET,
        STORE_KEY: TEST_STORE_KEY,
        DRAIN_SECONDS: String(drainSeconds),
        // All pages come from one address.
        LIMIT_CONNECTIONS_PER_ADDRESS: '0',
        LIMIT_CONNECTION_RATE_PER_ADDRESS: '0',
        ...environment,
      },
      { main, onOutput: (chunk) => this.#read(chunk), readyWithin: 30_000 },
    )
    this.#hub = hub
    void hub.ended.then((how) => onEnd({ hub: number, at: machineTime(), how, wanted: this.#wanted }))
  }

  async #end(how: 'killed' | 'stopped'): Promise<void> {
    this.#wanted = how
    await (how === 'killed' ? this.#hub?.kill() : this.#hub?.stop())
    await this.#hub?.ended
    this.#hub = undefined
  }

  #read(chunk: Buffer): void {
    this.#log.write(chunk)
    const lines = (this.#line + chunk).split('\n')
    this.#line = lines.pop() ?? ''
    for (const line of lines) {
      if (UNHANDLED.test(line)) this.#options.onUnhandled(`hub ${this.number}: ${line}`)
      const loggedAt = /"time":(\d+)/.exec(line)?.[1]
      if (loggedAt !== undefined) this.#clockError = Number(loggedAt) - Date.now()
    }
  }
}
