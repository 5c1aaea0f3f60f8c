const KEY = 'harbour-phone'

export interface PhoneKey {
  readonly user: string
  readonly token: string
}

/**
 * The token this phone was given behind the `#` of its link. It moves to this tab's own store and out of the address
 * bar, so that no bookmark, history or shared screenshot carries it on.
 */
export function takePhoneKey(): PhoneKey | undefined {
  const link = new URLSearchParams(location.hash.slice(1))
  const [user, token] = [link.get('user'), link.get('token')]
  if (user && token) {
    sessionStorage.setItem(KEY, JSON.stringify({ user, token }))
    history.replaceState(null, '', location.pathname)
  }
  const kept = sessionStorage.getItem(KEY)
  return kept === null ? undefined : JSON.parse(kept)
}

export function forgetPhoneKey(): void {
  sessionStorage.removeItem(KEY)
}

/** A link followed in an open tab changes only what stands behind the `#`: begin anew with the new token. */
export function onNewPhoneKey(begin: () => void): void {
  addEventListener('hashchange', () => location.hash && begin())
}
