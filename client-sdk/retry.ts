import { AssentError } from './assent-error.ts'
import { createBackOff } from './back-off.ts'
import { rest } from './rest.ts'

/** How often a call is tried before its failure is told. */
const TRIES = 5

/**
 * Makes a call that may safely be made twice, up to 5 times, with full jitter between the tries and never before the hub's
 * own `Retry-After`. The attempt's number, from 1, is handed to it.
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
      const isPassing = error instanceof AssentError && error.isPassing
      if (!isPassing || attempt === TRIES || signal?.aborted) throw error
      await rest(backOff.after(error), signal)
    }
  }
}
