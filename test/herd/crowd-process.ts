import { HerdPage } from './herd-page.ts'

/*
 * A child process with some thousand pages. The parent sends one order, and hears how they are.
 */

export interface Order {
  readonly tokens: readonly string[]
  readonly ports: readonly number[]
  /** So many connect at a time in the beginning. */
  readonly atOnce: number
}

export interface Report {
  readonly live: number
  /** Since the last report. When pages came back, by this machine's clock and by the hub's, and how often news came. */
  readonly back: readonly (readonly [at: number, hubSays: number])[]
  readonly news: number
  readonly sentAway: Readonly<Record<string, number>>
  /** How often a page turned to HTTP, so far. */
  readonly fellBack: number
}

const REPORT_EVERY_MS = 100

let live = 0
let back: [number, number][] = []
let news = 0
let fellBack = 0
const sentAway: Record<string, number> = {}

process.once('message', ({ tokens, ports, atOnce }: Order) => {
  let next = 0
  const connectNext = () => {
    const token = tokens[next++]
    if (token === undefined) return
    new HerdPage(token, ports, {
      live({ serverDate }, isBack) {
        if (isBack) back.push([Date.now(), serverDate])
        else {
          live += 1
          connectNext()
        }
      },
      news: () => {
        news += 1
      },
      fellBack: () => {
        fellBack += 1
      },
      sentAway: (how) => {
        sentAway[how] = (sentAway[how] ?? 0) + 1
      },
    }).connect()
  }
  for (let count = 0; count < atOnce; count++) connectNext()
  setInterval(report, REPORT_EVERY_MS)
})
// It lives as long as its parent listens.
process.once('disconnect', () => process.exit(0))

function report(): void {
  const so: Report = { live, back, news, sentAway: { ...sentAway }, fellBack }
  // The parent may leave in this moment; then nobody wants to know.
  process.send?.(so, () => undefined)
  back = []
  news = 0
}
