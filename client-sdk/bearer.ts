import type { Hub } from './call-hub.ts'

/** The hub at `url`, spoken to with `token`. */
export function bearer(url: string, token: string): Hub {
  return { url, headers: { authorization: `Bearer ${token}` } }
}
