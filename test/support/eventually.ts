import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until `check` neither throws nor answers `false`, and gives back what it answered. When `within`
 * milliseconds have passed it throws what `check` threw last.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { within = 5_000, every = 10 }: { within?: number; every?: number } = {},
): Promise<T> {
  const deadline = performance.now() + within
  for (;;) {
    let failure: unknown = new Error(`never came true within ${within} ms: ${check}`)
    try {
      const answer = await check()
      if (answer !== false) return answer
    } catch (error) {
      failure = error
    }
    if (performance.now() >= deadline) throw failure
    await sleep(every)
  }
}
