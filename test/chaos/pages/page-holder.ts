/** A process that holds pages, as `page-holder.ts <hub's url>`: takes orders and tells news over its IPC channel. */
import { machineTime } from '../tracker/machine-time.ts'
import type { PageKind } from '../tracker/recording.ts'
import { openBarePage } from './bare-page.ts'
import type { Order, PageNews } from './messages.ts'
import type { OpenPage } from './page.ts'
import { openPollingPage } from './polling-page.ts'
import { openSdkPage } from './sdk-page.ts'

const OPEN: Record<PageKind, OpenPage> = { sdk: openSdkPage, bare: openBarePage, poll: openPollingPage }

const [, , url = ''] = process.argv
const open = new Map<number, AbortController>()

process.on('message', (order: Order) => {
  if (order.order === 'close') open.get(order.page)?.abort()
  else void hold(order)
})
// Whoever ordered has died.
process.on('disconnect', () => process.exit(0))
tell({ page: 0, news: 'opened', at: machineTime() })

async function hold({ page, kind, until, token }: Order & { order: 'open' }): Promise<void> {
  const leaving = new AbortController()
  open.set(page, leaving)
  tell({ page, news: 'opened', at: machineTime() })
  await OPEN[kind]({
    url,
    token,
    until,
    signal: leaving.signal,
    listener: {
      told: (sighting, connection) => tell({ page, news: 'told', ...sighting, connection }),
      resolved: (sighting) => tell({ page, news: 'resolved', ...sighting }),
      failed: (why) => tell({ page, news: 'failed', at: machineTime(), why }),
    },
  })
  open.delete(page)
  tell({ page, news: 'closed', at: machineTime() })
}

function tell(news: PageNews): void {
  process.send?.(news)
}
