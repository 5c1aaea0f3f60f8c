import { createSecretKey } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Backend, type Connection, connectApprover, createBackend, waitForStatus } from '../../client-sdk/index.ts'
import { issueToken } from '../../server/auth/issue-token.ts'
import { Gaps } from './gaps.ts'

/** How much of everything goes on. */
export interface LoadSize {
  readonly pages: number
  /** Backends that wait by polling. */
  readonly pollers: number
  /** Backends that change what the pages and the pollers wait for, one change after the other. */
  readonly updaters: number
  /** Backends that ask the approver, and wait for the answer. */
  readonly askers: number
}

export interface LoadOptions extends LoadSize {
  readonly url: string
  readonly apiKey: string
  readonly secret: string
}

/** Between two changes of one updater. Milliseconds. */
const THINKING_MS = 20

/** A deployment at work: pages wait, backends create, change and poll, a person approves; all through the client. */
export class RestartLoad {
  readonly gaps = new Gaps()
  /** How long backends and the approver waited for their calls, retries included. Milliseconds. */
  readonly calls: number[] = []
  readonly offline: string[] = []
  approved = 0
  readonly #options: LoadOptions
  readonly #backend: Backend
  readonly #ended = new AbortController()
  readonly #waits: Promise<string>[] = []
  readonly #work: Promise<void>[] = []
  readonly #watched: string[] = []
  #steps = 0
  #isEnding = false

  constructor(options: LoadOptions) {
    this.#options = options
    this.#backend = createBackend(options)
  }

  /** Resolves once every page has heard of its challenge, and all is going on. */
  async start(): Promise<void> {
    const { pages, pollers, updaters, askers } = this.#options
    for (let at = 0; at < pages; at++) await this.#openPage()
    for (let at = 0; at < pollers; at++) await this.#openPoller()
    const approver = this.#seatApprover()
    this.#work.push(...Array.from({ length: updaters }, () => this.#keepUpdating()))
    this.#work.push(...Array.from({ length: askers }, () => this.#keepAsking()))
    this.#ended.signal.addEventListener('abort', () => approver.close())
  }

  /** What was measured until now does not count. */
  beginMeasuring(): void {
    this.gaps.lengths.length = 0
    this.calls.length = 0
    this.offline.length = 0
  }

  /** Ends all work, then completes every challenge; resolves with how each wait ended. */
  async finish(): Promise<readonly string[]> {
    this.#isEnding = true
    // The last who ask give the approver more to do.
    for (let done = 0; done < this.#work.length; done++) await this.#work[done]
    this.#ended.abort()
    for (const challenge of this.#watched) {
      await this.#backend.updateChallenge(challenge, { challengeStatus: 'finished', isChallengeComplete: true })
    }
    return Promise.all(this.#waits)
  }

  async #openPage(): Promise<void> {
    const { challenge, waitToken } = await this.#backend.createChallenge({})
    this.#watched.push(challenge)
    await new Promise<void>((resolve) => {
      const wait = waitForStatus({
        url: this.#options.url,
        token: waitToken,
        until: 'complete',
        onStatus: ({ version }) => {
          this.gaps.told(challenge, version)
          resolve()
        },
        onConnection: (connection: Connection) => {
          if (connection !== 'live') this.offline.push(connection)
        },
      })
      this.#waits.push(wait.then(({ challengeStatus }) => challengeStatus))
    })
  }

  async #openPoller(): Promise<void> {
    const { challenge, statusVersion } = await this.#backend.createChallenge({})
    this.#watched.push(challenge)
    const follow = async (since: number): Promise<string> => {
      const view = await this.#backend.waitForChange(challenge, { since })
      this.gaps.told(challenge, view.version)
      return view.isChallengeComplete ? view.challengeStatus : follow(view.statusVersion)
    }
    this.#waits.push(follow(statusVersion))
  }

  #seatApprover() {
    const { secret, url } = this.#options
    const claims = { scope: 'challenges:approve', sub: 'ada' } as const
    const now = Date.now()
    const token = issueToken(createSecretKey(Buffer.from(secret)), claims, now, now + 300_000)
    const approver = connectApprover({
      url,
      token,
      onPending: () => undefined,
      onRequested: ({ challenge }) =>
        this.#work.push(this.#timed(() => approver.approve(challenge)).then(() => undefined)),
    })
    return approver
  }

  async #keepUpdating(): Promise<void> {
    while (!this.#isEnding) {
      const step = this.#steps++
      const challenge = this.#watched[step % this.#watched.length] ?? ''
      const { version } = await this.#timed(() =>
        this.#backend.updateChallenge(challenge, { challengeStatus: `step ${step}` }),
      )
      this.gaps.acknowledged(challenge, version)
      await pause(THINKING_MS)
    }
  }

  async #keepAsking(): Promise<void> {
    while (!this.#isEnding) {
      const { challenge } = await this.#timed(() => this.#backend.createChallenge({ approver: 'ada' }))
      const { challengeStatus } = await this.#backend.waitForChange(challenge, { until: 'complete' })
      if (challengeStatus === 'approved') this.approved += 1
      else throw new Error(`asked for approval, and it became ${challengeStatus}`)
    }
  }

  async #timed<Result>(call: () => Promise<Result>): Promise<Result> {
    const began = performance.now()
    const result = await call()
    this.calls.push(performance.now() - began)
    return result
  }
}
