import type { MaybeIn } from '../bank/bank-api.ts'
import { isRefusal, pause, readPairing } from './bank-calls.ts'

/** Milliseconds between looks: nobody is told of a pairing key by themselves. */
const EVERY_MS = 1000

/** Resolves once a phone has claimed the pairing key; with nothing when none can any more, or nobody waits for it. */
export async function waitForPhone(key: string, signal: AbortSignal): Promise<MaybeIn | undefined> {
  while (!signal.aborted) {
    // A bank that is away for a moment is asked again, like one that has no news.
    const answer = await readPairing(key).catch(() => undefined)
    if (answer && !isRefusal(answer)) {
      if (answer.status === 'CLAIMED') return answer
      if (answer.status !== 'UNCLAIMED') return undefined
    } else if (answer && answer.outcome !== 'unavailable') return undefined
    await pause(EVERY_MS)
  }
  return undefined
}
