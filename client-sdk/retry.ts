import { AssentError } from './assent-error.ts'
import { createBackOff } from './back-off.ts'
import { rest } from './rest.ts'

/** How often a call is tried before its failure is told. */
const TRIES = 5
/**
 * Whoever is asked for more patience than this because too much was asked already is told now, and decides: a request that
 * reaches a person minutes later, when nobody waits for it, does harm. Seconds.
 */
const LONGEST_PATIENCE = 10

/**
 * Makes a call that may safely be made twice, up to 5 times, with full jitter between the tries and never before the hub's
 * own `Retry-After`; `too_many_requests` for longer than 10 s is told at once. The attempt's number, from 1, is handed to it.
 */
export async function retry<Answer>(
  call: (attempt: number) => Promise<Answer>,
  signal?: AbortSignal | undefined,
): Promise<Answer> {
  const backOff = createBackOff()
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(attempt)
    } catch (error) {
      const isPassing = error instanceof AssentError && error.isPassing && !isTooLong(error)
      if (!isPassing || attempt === TRIES || signal?.aborted) throw error
      await rest(backOff.after(error), signal)
    }
  }
}

function isTooLong({ code, retryAfter = 0 }: AssentError): boolean {
  return code === 'too_many_requests' && retryAfter > LONGEST_PATIENCE
}
