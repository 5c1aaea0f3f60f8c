import type { Phone } from '../../client-sdk/index.ts'
import { registerWorker } from './register-worker.ts'
import { byId } from './screen.ts'
import { subscribeToPush } from './subscribe-to-push.ts'

/** Lets the phone be woken up while its page is closed: browsers want a press for it once, and then forget it now and then. */
export async function createPushSwitch(phone: Phone): Promise<void> {
  const button = byId('push-on')
  const registration = await registerWorker()
  if (!registration || !('PushManager' in window)) return
  button.hidden = Notification.permission === 'granted'
  // It is wired anew whenever the phone becomes somebody's.
  button.onclick = () => void switchOn(registration, phone)
  if (Notification.permission === 'granted') await switchOn(registration, phone)
}

async function switchOn(registration: ServiceWorkerRegistration, phone: Phone): Promise<void> {
  const said = byId('push-said')
  try {
    const response = await fetch('/v1/push/key', { headers: { authorization: `Bearer ${await phone.token()}` } })
    const { publicKey } = (await response.json()) as { readonly publicKey: string }
    await phone.setPush(await subscribeToPush(registration, publicKey))
    byId('push-on').hidden = true
    said.textContent = 'You are asked even while this page is closed.'
  } catch {
    // The person said no, or the browser has no push service; the page asks them all the same while it is open.
    byId('push-on').hidden = false
    said.textContent = 'Your browser takes no pushes: you are asked while this page is open.'
  }
}
