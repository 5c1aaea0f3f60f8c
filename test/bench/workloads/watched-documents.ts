import type { Opened, Product } from '../contenders/contender.ts'
import type { Figures } from '../figures.ts'
import { inFlight } from '../load/in-flight.ts'
import type { Ledger } from '../load/ledger.ts'
import type { Page } from '../load/page.ts'
import { connectPublisher, type Publisher } from '../load/publisher.ts'
import { saturate, type Target } from './saturation.ts'

/** More than a process may have sockets: each waits on so many challenges. */
const CHALLENGES_PER_SOCKET = 500
const ASKING_AT_ONCE = 64
/** They must outlive the whole workload. Seconds. */
const CHALLENGE_TIMEOUT = 3_600

export const WATCHED_FIGURES = ['cpuPerPushFewWatched', 'cpuPerPushMoreWatched', 'cpuPerPushManyWatched'] as const

export interface WatchedSizes {
  /** Three numbers of watched documents, each larger than the one before. */
  readonly counts: readonly number[]
  readonly updates: number
  readonly atOnce: number
}

/** What one update costs when more and more documents are watched on the same instance: it should cost the same. */
export async function watchMoreAndMore(
  product: Product,
  ledger: Ledger,
  { counts, updates, atOnce }: WatchedSizes,
): Promise<Figures> {
  if (!product.publishing) return {}
  const backend = await connectPublisher(product.publishing)
  const crowd = new Crowd(product, ledger, backend)
  const figures: Figures = {}
  let lost = 0
  for (const [index, figure] of WATCHED_FIGURES.entries()) {
    await crowd.growTo(counts[index] ?? 0)
    // Unmeasured: before the first count the server has hardly seen an update.
    await saturate(product, ledger, crowd.targets, { count: updates, atOnce })
    const { cost, lost: these } = await saturate(product, ledger, crowd.targets, { count: updates, atOnce })
    figures[figure] = cost.server / updates
    lost += these
  }
  crowd.leave()
  backend.close()
  return { ...figures, watchedLost: lost }
}

class Crowd {
  readonly targets: Target[] = []
  readonly #product: Product
  readonly #ledger: Ledger
  readonly #backend: Publisher
  readonly #sockets: Promise<WatchingSocket>[] = []
  #taken = 0

  constructor(product: Product, ledger: Ledger, backend: Publisher) {
    this.#product = product
    this.#ledger = ledger
    this.#backend = backend
  }

  async growTo(count: number): Promise<void> {
    await inFlight(count - this.targets.length, ASKING_AT_ONCE, async () => {
      const reply = await this.#backend.emit<{ ok: boolean; challenge: { challenge: string }; waitToken: string }>(
        'create',
        { challengeTimeout: CHALLENGE_TIMEOUT },
      )
      if (!reply.ok) throw new Error(`create: ${JSON.stringify(reply)}`)
      await this.#watch({ challenge: reply.challenge.challenge, waitToken: reply.waitToken })
    })
  }

  leave(): void {
    for (const socket of this.#sockets) void socket.then(({ page }) => page.close())
  }

  async #watch({ challenge, waitToken = '' }: Opened): Promise<void> {
    const index = Math.floor(this.#taken++ / CHALLENGES_PER_SOCKET)
    const isFirst = this.#sockets[index] === undefined
    this.#sockets[index] ??= this.#open(waitToken)
    const { page, subscribe } = await this.#sockets[index]
    if (!isFirst) await subscribe(waitToken)
    this.targets.push({ challenge, page })
  }

  async #open(waitToken: string): Promise<WatchingSocket> {
    if (!this.#product.publishing) throw new Error('nothing to subscribe to')
    const page: Page = { onStatus: () => undefined, close: () => link.close(), drop: () => link.close() }
    const door = { ...this.#product.publishing, namespace: '/waiting', token: waitToken }
    let subscribing = 0
    const link = await connectPublisher(door, (status) => {
      // Each challenge begins with its first status, which is no news.
      if (status.challengeStatus !== 'started') page.onStatus(status)
    })
    this.#ledger.follow(page)
    return {
      page,
      subscribe: async (token) => {
        subscribing += 1
        const reply = await link.emit('subscribe', { token })
        if (!reply.ok) throw new Error(`subscribe ${subscribing}: ${JSON.stringify(reply)}`)
      },
    }
  }
}

interface WatchingSocket {
  readonly page: Page
  subscribe(token: string): Promise<void>
}
