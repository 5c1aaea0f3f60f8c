/**
 * Lets the phone hear pushes while its page is closed. Resolves with nothing where browsers allow no workers, which is
 * wherever the page came by plain HTTP from another machine.
 */
export async function registerWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined
  await navigator.serviceWorker.register('phone-worker.js', { scope: 'phone' })
  // Only an active one can be subscribed.
  return navigator.serviceWorker.ready
}
