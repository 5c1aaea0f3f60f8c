import { readPush } from './read-push.ts'
import type { WorkerScope } from './worker-scope.ts'

/*
 * Hears pushes while the phone's page is closed. It keeps no copy of anything and stands between no request and the hub:
 * what is asked, and whether it still is, only the hub says.
 */

/** Locked screens show notifications to whoever looks: never what is asked, nor of whom. */
const ASKED = 'Somebody asks for your approval'
const OVER = 'No longer asked'
const ICON = 'phone-icon-192.png'

interface Shown extends NotificationOptions {
  /** Makes itself heard again although one with its tag is there. */
  readonly renotify?: boolean
}

const worker = self as unknown as WorkerScope

// It holds nothing that an older one would have to finish.
worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()))

worker.addEventListener('push', (event) => {
  const { kind, challenge } = readPush(event.data?.text())
  // A tag of its own for each question: one that is pushed twice is shown once.
  const tag = `asked-${challenge}`
  event.waitUntil(inTurn(() => (kind === 'withdrawn' ? takeBack(tag) : ask(tag))))
})

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(showPage())
})

let last: Promise<void> = Promise.resolve()

/** One after another: Chromium forgets what is just being shown when it is asked, meanwhile, what is shown. */
function inTurn(work: () => Promise<void>): Promise<void> {
  last = last.then(work, work)
  return last
}

function ask(tag: string): Promise<void> {
  const shown: Shown = {
    tag,
    renotify: true,
    requireInteraction: true,
    icon: ICON,
    body: 'Open to see what it is about.',
  }
  return worker.registration.showNotification(ASKED, shown)
}

/** Safari takes pushes away from whoever shows nothing for them: what is there is replaced, silently, and then closed. */
async function takeBack(tag: string): Promise<void> {
  const { registration } = worker
  await registration.showNotification(OVER, { tag, silent: true, icon: ICON })
  for (const notification of await registration.getNotifications({ tag })) notification.close()
}

/** The worker's scope is the page itself. */
async function showPage(): Promise<unknown> {
  const page = worker.registration.scope
  const open = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const phone = open.find(({ url }) => url.split(/[?#]/, 1)[0] === page)
  return phone ? phone.focus() : worker.clients.openWindow(page)
}
