import { connectLinkPage } from './link-page.ts'
import type { Page, Status } from './page.ts'

export interface PlainDoor {
  port: number
  path: string
  /** Whether the server tells how things stand at once; otherwise a page waits as soon as it is let in. */
  isGreeted: boolean
}

/** A page on a bare WebSocket: every text frame is a status. */
export function connectPlainPage({ port, path, isGreeted }: PlainDoor): Promise<Page> {
  return connectLinkPage(port, {
    path,
    opened: () => (isGreeted ? undefined : 'waiting'),
    hear: (text) => (text === '' ? undefined : (JSON.parse(text) as Status)),
  })
}
