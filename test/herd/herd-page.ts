import { AssentError } from '../../client-sdk/assent-error.ts'
import { createBackOff, isTooMuch } from '../../client-sdk/back-off.ts'
import { bearer } from '../../client-sdk/bearer.ts'
import { callHub } from '../../client-sdk/call-hub.ts'
import { CROWD_MS, PATIENT_MS } from '../../client-sdk/keep-in-touch.ts'
import { keepPolling } from '../../client-sdk/keep-polling.ts'
import { pollHub } from '../../client-sdk/poll-hub.ts'
import { readWaitToken } from '../../client-sdk/read-wait-token.ts'
import type { PageView } from '../../server/protocol/challenge.ts'
import type { ErrorNotice } from '../../server/protocol/error-codes.ts'
import { RawLink } from './raw-link.ts'

export interface PageEvents {
  /** It waits: the hub has told it how things stand. `isBack`: not for the first time. */
  live(status: PageView, isBack: boolean): void
  /** It was told something while it waited. */
  news(status: PageView): void
  /** It was sent away: with a word (`code`), or with a bare status of HTTP. */
  sentAway(how: ErrorNotice['code'] | number): void
  /** It turned to HTTP, because it had been without a socket for too long. */
  fellBack(): void
}

const HELLO = '40/waiting,'
const EVENT = '42/waiting,'
const REFUSAL = '44/waiting,'

/**
 * A page that waits on raw frames, and comes back as the SDK does: with the SDK's own back-off, at a random moment after a
 * link that worked has broken, and when it is called by a hub that sends it away; and with the SDK's own polling while that
 * takes too long. Like behind a balancer, a port where nobody listens costs it nothing.
 */
export class HerdPage {
  readonly #token: string
  readonly #ports: readonly number[]
  readonly #events: PageEvents
  readonly #backOff = createBackOff()
  readonly #polling: ReturnType<typeof keepPolling>
  #link: RawLink | undefined
  #downAt: number | undefined
  readonly #patientMs = PATIENT_MS * (1 + Math.random() / 2)
  #falling: NodeJS.Timeout | undefined
  #isLive = false
  #wasLive = false
  #isStopped = false

  /** @param ports in the order in which they are tried */
  constructor(token: string, ports: readonly number[], events: PageEvents) {
    this.#token = token
    this.#ports = ports
    this.#events = events
    const { challenge, since } = readWaitToken(token)
    // Where those who are alive are.
    const hub = bearer(`http://127.0.0.1:${ports.at(-1)}`, token)
    const ignore = () => undefined
    this.#polling = keepPolling({
      read: (signal) => callHub(hub, `/v1/challenges/${challenge}`, { signal }),
      poll: (signal) => pollHub(hub, challenge, { pollInterval: 2_000, pollRetries: 5, since, signal }),
      onAnswer: ignore,
      onFailure: ignore,
      onRefused: ignore,
    })
  }

  connect(ports = this.#ports): void {
    const [port, ...others] = ports
    if (port === undefined) return this.#restFor(this.#backOff.after(new Error('nobody listens')), false)
    if (this.#isStopped) return
    const link = new RawLink(port, {
      frame: (text) => this.#hear(link, text),
      refused: () => this.connect(others),
      closed: (bare) => this.#lose(bare),
    })
    this.#link = link
  }

  stop(): void {
    this.#isStopped = true
    this.#polling.stop()
    clearTimeout(this.#falling)
    this.#link?.drop()
  }

  #hear(link: RawLink, text: string): void {
    if (text === '2') link.say('3')
    else if (text.startsWith('0')) link.say(`${HELLO}{"token":"${this.#token}"}`)
    else if (text.startsWith(EVENT)) this.#take(JSON.parse(text.slice(EVENT.length)))
    else if (text.startsWith(REFUSAL)) {
      const { data } = JSON.parse(text.slice(REFUSAL.length)) as { data: ErrorNotice }
      link.drop()
      this.#events.sentAway(data.code)
      const error = new AssentError(data)
      this.#restFor(this.#backOff.after(error), isTooMuch(error))
    }
  }

  #take([event, status]: [string, PageView]): void {
    if (event !== 'status') return
    if (this.#isLive) return this.#events.news(status)
    this.#isLive = true
    this.#backOff.reset()
    this.#downAt = undefined
    clearTimeout(this.#falling)
    this.#polling.stop()
    this.#events.live(status, this.#wasLive)
    this.#wasLive = true
  }

  #lose(bare: number | undefined): void {
    const broke = this.#isLive
    this.#isLive = false
    if (bare !== undefined) this.#events.sentAway(bare)
    this.#restFor(broke ? this.#backOff.afterBreak() : this.#backOff.after(new Error('closed')), broke)
  }

  /** @param isQuiet whether the hub had better be left alone on every road meanwhile */
  #restFor(ms: number, isQuiet: boolean): void {
    if (this.#isStopped) return
    setTimeout(() => this.connect(), ms)
    this.#downAt ??= performance.now()
    const patientMs = this.#downAt + this.#patientMs - performance.now()
    clearTimeout(this.#falling)
    this.#falling = setTimeout(() => this.#fallBack(), isQuiet ? Math.min(ms + CROWD_MS, patientMs) : 0)
  }

  #fallBack(): void {
    if (this.#isLive || this.#isStopped) return
    this.#events.fellBack()
    this.#polling.start()
  }
}
