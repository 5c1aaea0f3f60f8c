import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { lifeline } from '../../support/lifeline.ts'
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import type { PageKind } from '../tracker/recording.ts'
import type { Order, PageNews } from './messages.ts'

const HOLDER = fileURLToPath(new URL('./page-holder.ts', import.meta.url))

/** One process full of pages, behind a network of its own. */
export interface Holder {
  readonly number: number
  readonly network: TcpProxy
  readonly isFrozen: boolean
  freeze(): void
  thaw(): void
}

export interface PageOrder {
  readonly page: number
  readonly kind: PageKind
  readonly until: 'changed' | 'complete'
  readonly holder: number
  readonly token: string
}

/** All the pages there are: held by a few processes, so that some can be frozen, or lose their link, and others not. */
export class Crowd {
  readonly holders: readonly Holder[]
  readonly #children: readonly ChildProcess[]
  #open = 0

  private constructor(children: readonly ChildProcess[], networks: readonly TcpProxy[]) {
    this.#children = children
    this.holders = networks.map((network, number) => {
      let isFrozen = false
      return {
        number,
        network,
        get isFrozen() {
          return isFrozen
        },
        freeze() {
          isFrozen = children[number]?.kill('SIGSTOP') ?? false
        },
        thaw() {
          children[number]?.kill('SIGCONT')
          isFrozen = false
        },
      }
    })
  }

  /** @param url where the pages find their hub */
  static async gather(url: string, holders: number, onNews: (news: PageNews) => void): Promise<Crowd> {
    const networks = await Promise.all(Array.from({ length: holders }, () => startProxy(url)))
    const children = networks.map((network) => startHolder(network.url))
    const crowd = new Crowd(children, networks)
    for (const child of children) {
      child.on('message', (news: PageNews) => {
        if (news.page === 0) return
        if (news.news === 'closed') crowd.#open -= 1
        onNews(news)
      })
    }
    await Promise.all(children.map((child) => once(child, 'message')))
    return crowd
  }

  /** How many pages are open, or about to be. */
  get size(): number {
    return this.#open
  }

  open({ holder, ...order }: PageOrder): void {
    this.#open += 1
    this.#send(holder, { order: 'open', ...order })
  }

  close(holder: number, page: number): void {
    this.#send(holder, { order: 'close', page })
  }

  async dismiss(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }),
    )
    await Promise.all(this.holders.map(({ network }) => network.stop()))
  }

  #send(holder: number, order: Order): void {
    this.#children[holder]?.send(order)
  }
}

function startHolder(url: string): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, url], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  if (child.pid !== undefined) child.once('exit', lifeline(child.pid))
  child.once('exit', (code, signal) => {
    if (signal !== 'SIGKILL') throw new Error(`a process that holds pages ended by itself (${code ?? signal})`)
  })
  return child
}
