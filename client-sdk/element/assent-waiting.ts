import { type Connection, type PageView, waitForStatus } from '../index.ts'
import { Countdown } from './countdown.ts'
import { Face } from './face.ts'

/**
 * The spinner of a waiting page in one tag: `<assent-waiting token="…"></assent-waiting>`. It shows the number to type,
 * the time left and how the wait ended, and sends `assent-status`, `assent-outcome`, `assent-connection` and
 * `assent-error`. What it shows is no proof of anything: the page's backend reads the outcome itself.
 */
export class AssentWaiting extends HTMLElement {
  static readonly observedAttributes = ['token']

  readonly #face = new Face(this)
  #token: string | null = null
  #wait: AbortController | undefined
  #hasEnded = false

  /** Setting it, even to the same again, starts waiting anew. Not reflected, so that it need not stand in the page. */
  get token(): string | null {
    return this.#token
  }

  set token(token: string | null) {
    this.#token = token
    this.#hasEnded = false
    this.disconnectedCallback()
    if (!token) this.#face.show('')
    else if (this.isConnected) this.#start(token)
  }

  attributeChangedCallback(_name: string, _before: string | null, token: string | null): void {
    this.token = token
  }

  connectedCallback(): void {
    // Set before this class was known, the property is the instance's own and hides the accessor.
    const early = Object.getOwnPropertyDescriptor(this, 'token')
    if (early && Reflect.deleteProperty(this, 'token')) this.token = early.value
    else if (!this.#wait && !this.#hasEnded) this.token = this.#token
  }

  disconnectedCallback(): void {
    this.#wait?.abort()
    this.#wait = undefined
  }

  async #start(token: string): Promise<void> {
    const wait = new AbortController()
    const countdown = new Countdown()
    const clock = setInterval(() => this.#face.showTimeLeft(countdown.secondsLeft), 250)
    this.#wait = wait
    this.#face.show('waiting')
    try {
      const outcome = await this.#outcome(token, countdown, wait.signal)
      if (this.#wait !== wait) return
      this.#hasEnded = true
      this.#face.showOutcome(outcome)
      this.#tell('outcome', outcome)
    } catch (error) {
      if (this.#wait !== wait) return
      this.#hasEnded = true
      this.#face.show('failed')
      this.#tell('error', error)
    } finally {
      clearInterval(clock)
    }
  }

  #outcome(token: string, countdown: Countdown, signal: AbortSignal): Promise<PageView> {
    return waitForStatus({
      url: this.getAttribute('url') ?? '',
      token,
      until: this.getAttribute('until') === 'complete' ? 'complete' : 'changed',
      pollInterval: this.#number('poll-interval'),
      pollRetries: this.#number('poll-retries'),
      signal,
      onStatus: (view) => {
        countdown.hear(view)
        this.#face.showProgress(view)
        this.#face.showTimeLeft(countdown.secondsLeft)
        this.#tell('status', view)
      },
      onConnection: (connection) => {
        this.#face.showConnection(connection)
        this.#tell('connection', connection)
      },
    })
  }

  #number(attribute: string): number | undefined {
    const text = this.getAttribute(attribute)
    return text ? Number(text) : undefined
  }

  /** Composed, so that a page hears it even when the element stands in another's shadow. */
  #tell(what: 'status' | 'outcome' | 'connection' | 'error', detail: unknown): void {
    this.dispatchEvent(new CustomEvent(`assent-${what}`, { detail, bubbles: true, composed: true }))
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'assent-waiting': AssentWaiting
  }
  interface HTMLElementEventMap {
    'assent-status': CustomEvent<PageView>
    'assent-outcome': CustomEvent<PageView>
    'assent-connection': CustomEvent<Connection>
    'assent-error': CustomEvent<unknown>
  }
}

/** Makes the tag known to the page; harmless when it already is. */
export function defineAssentWaiting(): void {
  if (!customElements.get('assent-waiting')) customElements.define('assent-waiting', AssentWaiting)
}
