/**
 * Which web pages may talk to the hub: its own and those configured; programs that are no page send no Origin.
 * @param origin the request's `Origin` header
 * @param host the request's `Host` header
 */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes(origin)) return true
  const own = URL.canParse(origin) ? new URL(origin).host : undefined
  return own !== undefined && own === host
}

/** Whether it is an origin of pages that browsers offer FIDO devices to. */
export function isSecureOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { origin, protocol, hostname } = new URL(text)
  const isLocal = protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1')
  return origin === text && (protocol === 'https:' || isLocal)
}
