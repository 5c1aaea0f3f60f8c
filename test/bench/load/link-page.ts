import { type LinkEvents, RawLink } from '../../herd/raw-link.ts'
import { FIRST_STATUS_LIMIT_MS, type Page, type Status } from './page.ts'

/** What a page says and hears on its link: the only thing in which the products differ. */
export interface Speech {
  path?: string
  /** The upgrade was granted: what is said then, and whether that is all that a page waits for. */
  opened?(link: RawLink): 'waiting' | undefined
  /** What this frame tells; anything else is answered, or ignored. */
  hear(text: string, link: RawLink): Status | Error | undefined
}

/** A page on a raw WebSocket. Resolves when it waits: for most products that is when it has its first status. */
export function connectLinkPage(port: number, { path, opened, hear }: Speech): Promise<Page> {
  return new Promise((resolve, reject) => {
    let isWaiting = false
    const page: Page = { onStatus: ignore, close: () => link.close(), drop: () => link.drop() }

    const wait = () => {
      isWaiting = true
      clearTimeout(limit)
      resolve(page)
    }
    const fail = (reason: string) => {
      clearTimeout(limit)
      link.drop()
      reject(new Error(reason))
    }
    const events: LinkEvents = {
      opened: () => {
        if (opened?.(link) === 'waiting') wait()
      },
      frame: (text) => {
        const told = hear(text, link)
        if (told === undefined) return
        if (told instanceof Error) fail(told.message)
        else if (isWaiting) page.onStatus(told)
        else wait()
      },
      refused: () => fail('nobody listens'),
      closed: (bare) => {
        if (!isWaiting) fail(`closed before its first status${bare === undefined ? '' : `: ${bare}`}`)
      },
    }
    const limit = setTimeout(() => fail('no first status'), FIRST_STATUS_LIMIT_MS)
    const link = new RawLink(port, events, path)
  })
}

function ignore(): void {
  // Nobody listens yet.
}
