import { expecting, HttpClient } from './http-client.ts'
import type { Page, Status } from './page.ts'

const POLL_MS = 1_000

/** A page that asks once a second over its own kept-alive connection, as a browser would, and hears only what differs. */
export async function connectPollingPage(port: number, path: string): Promise<Page> {
  const http = new HttpClient(port, 1)
  const ask = () => expecting<Status>(200, `GET ${path}`, http.send('GET', path))

  let last = (await ask()).challengeStatus
  let asking = false
  const poll = async () => {
    if (asking) return
    asking = true
    try {
      const status = await ask()
      if (status.challengeStatus === last) return
      last = status.challengeStatus
      page.onStatus(status)
    } catch {
      // A poll that fails is made good by the next; what never arrives is counted as lost.
    } finally {
      asking = false
    }
  }
  const timer = setInterval(poll, POLL_MS)
  const leave = () => {
    clearInterval(timer)
    http.close()
  }
  const page: Page = { onStatus: () => undefined, close: leave, drop: leave }
  return page
}
