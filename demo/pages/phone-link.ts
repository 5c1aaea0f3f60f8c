/** What a scanned link asks of this phone. */
export interface PhoneLink {
  readonly kind: 'pair' | 'sign-on'
  readonly code: string
}

/**
 * What stands behind the `#`. It is taken out of the address bar at once, so that no bookmark, history or shared
 * screenshot carries it on.
 */
export function takePhoneLink(): PhoneLink | undefined {
  const link = new URLSearchParams(location.hash.slice(1))
  if (location.hash) history.replaceState(null, '', location.pathname)
  const [pair, signOn] = [link.get('pair'), link.get('sign-on')]
  if (pair) return { kind: 'pair', code: pair }
  return signOn ? { kind: 'sign-on', code: signOn } : undefined
}

/** What a camera has read, which is a link as a rule; of other links, and of anything else, nothing is taken. */
export function readPhoneLink(scanned: string): PhoneLink | undefined {
  if (!URL.canParse(scanned)) return undefined
  const { origin, pathname, hash } = new URL(scanned)
  if (origin !== location.origin || pathname !== location.pathname) return undefined
  const code = new URLSearchParams(hash.slice(1)).get('sign-on')
  return code ? { kind: 'sign-on', code } : undefined
}

/** A link followed in an open tab changes only what stands behind the `#`. */
export function onPhoneLink(follow: (link: PhoneLink) => void): void {
  addEventListener('hashchange', () => {
    const link = takePhoneLink()
    if (link) follow(link)
  })
}
