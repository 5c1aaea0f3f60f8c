import type { Principal } from '../auth/principal.ts'
import { LONGEST_TIMER_MS } from '../store/longest-timer.ts'

/** Calls back when a token expires by the store's clock; returns what stops that. */
export function atExpiry({ expiresAt }: Principal, now: () => number, expire: () => void): () => void {
  if (expiresAt === undefined) return () => undefined
  let timer: NodeJS.Timeout
  const schedule = () => {
    const left = expiresAt - now()
    if (left <= 0) return expire()
    timer = setTimeout(schedule, Math.min(left, LONGEST_TIMER_MS)).unref()
  }
  timer = setTimeout(schedule, Math.min(Math.max(expiresAt - now(), 0), LONGEST_TIMER_MS)).unref()
  return () => clearTimeout(timer)
}
