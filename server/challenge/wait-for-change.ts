import { HubError } from '../errors.ts'
import type { Challenge } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { draining } from './departure.ts'
import { watchChallenge } from './watch-challenge.ts'

/**
 * The challenge once it is as awaited, woken by the change itself; `gone` once it has vanished, undefined when the time is
 * up. Rejects with the signal's reason when the caller hangs up, with `draining` when this instance ends before.
 * @param patience milliseconds
 */
export function waitForChange(
  context: ChallengeContext,
  id: string,
  isAwaited: (challenge: Challenge) => boolean,
  patience: number,
  signal: AbortSignal,
): Promise<Challenge | 'gone' | undefined> {
  return new Promise((resolve, reject) => {
    const hangUp = () => end(() => reject(signal.reason))
    const timer = setTimeout(() => end(() => resolve(undefined)), patience)
    const consider = (news: Challenge | 'gone' | undefined) => {
      if (news === 'gone' || (news && isAwaited(news))) end(() => resolve(news))
    }
    let ended = false
    let close: () => void = () => undefined
    const end = (settle: () => void) => {
      ended = true
      clearTimeout(timer)
      signal.removeEventListener('abort', hangUp)
      stay()
      close()
      settle()
    }
    const stay = context.departure.heed(() => end(() => reject(draining())))
    if (signal.aborted) return hangUp()
    signal.addEventListener('abort', hangUp)
    watchChallenge(context, id, consider).then(
      (watch) => {
        if (ended) return watch.close()
        close = () => watch.close()
        // What vanished between the first look and this one is gone.
        consider(watch.challenge ?? 'gone')
      },
      (error) => end(() => reject(error)),
    )
  })
}

/**
 * Resolves once a challenge is later than this, or has vanished, when the time is up, or when this instance is about to end:
 * whoever waited looks again. Rejects with the signal's reason when the caller hangs up.
 * @param patience milliseconds
 */
export async function awaitNextVersion(
  context: ChallengeContext,
  { id, version: known }: Pick<Challenge, 'id' | 'version'>,
  patience: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await waitForChange(context, id, ({ version }) => version > known, patience, signal)
  } catch (error) {
    // What it looks like now is as good an answer as that it is to be asked elsewhere.
    if (!(error instanceof HubError && error.code === 'draining')) throw error
  }
}
