import { AssentError } from '../../client-sdk/assent-error.ts'
import { createBackOff } from '../../client-sdk/back-off.ts'
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
}

const HELLO = '40/waiting,'
const EVENT = '42/waiting,'
const REFUSAL = '44/waiting,'

/**
 * A page that waits on raw frames, and comes back as the SDK does: with the SDK's own back-off, at a random moment after a
 * link that worked has broken, and when it is called by a hub that sends it away. Like behind a balancer, a port where
 * nobody listens costs it nothing.
 */
export class HerdPage {
  readonly #token: string
  readonly #ports: readonly number[]
  readonly #events: PageEvents
  readonly #backOff = createBackOff()
  #link: RawLink | undefined
  #isLive = false
  #wasLive = false
  #isStopped = false

  /** @param ports in the order in which they are tried */
  constructor(token: string, ports: readonly number[], events: PageEvents) {
    this.#token = token
    this.#ports = ports
    this.#events = events
  }

  connect(ports = this.#ports): void {
    const [port, ...others] = ports
    if (port === undefined) return this.#restFor(this.#backOff.after(new Error('nobody listens')))
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
      this.#restFor(this.#backOff.after(new AssentError(data)))
    }
  }

  #take([event, status]: [string, PageView]): void {
    if (event !== 'status') return
    if (this.#isLive) return this.#events.news(status)
    this.#isLive = true
    this.#backOff.reset()
    this.#events.live(status, this.#wasLive)
    this.#wasLive = true
  }

  #lose(bare: number | undefined): void {
    const broke = this.#isLive
    this.#isLive = false
    if (bare !== undefined) this.#events.sentAway(bare)
    this.#restFor(broke ? this.#backOff.afterBreak() : this.#backOff.after(new Error('closed')))
  }

  #restFor(ms: number): void {
    if (!this.#isStopped) setTimeout(() => this.connect(), ms)
  }
}
