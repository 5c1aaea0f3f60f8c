/**
 * Asks the browser for pushes, and the person whether they like them: call it when a button was pressed. What it resolves
 * with is for the hub (`PUT /v1/devices/{deviceId}/push`), each time the page is opened: browsers change it now and then.
 * Rejects with `NotAllowedError` when the person said no.
 * @param vapidPublicKey as `GET /v1/push/key` tells it
 */
export async function subscribeToPush(
  { pushManager }: Pick<ServiceWorkerRegistration, 'pushManager'>,
  vapidPublicKey: string,
): Promise<PushSubscriptionJSON> {
  const standing = await pushManager.getSubscription()
  // The hub has another key now, with which it can't reach who subscribed with the old one.
  if (standing && keyOf(standing) !== vapidPublicKey) await standing.unsubscribe()
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: vapidPublicKey })
  return subscription.toJSON()
}

function keyOf({ options }: PushSubscription): string | undefined {
  if (!options.applicationServerKey) return undefined
  const bytes = String.fromCharCode(...new Uint8Array(options.applicationServerKey))
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
