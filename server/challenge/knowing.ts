import type { Document, Kind, Store } from '../store/store.ts'
import { CHALLENGE, type Challenge } from './challenge.ts'
import type { ChallengeContext } from './context.ts'

/**
 * The same context, for one call about a challenge that has just been read: the first to look at it need not read it again.
 * Whatever changes it reads for itself, and whoever looks twice looks at the store.
 */
export function knowing(context: ChallengeContext, challenge: Challenge): ChallengeContext {
  const { store } = context
  let known: Challenge | undefined = challenge
  const read = async <D extends Document>(kind: Kind<D>, id: string): Promise<D | undefined> => {
    if (!known || id !== known.id || kind.name !== CHALLENGE.name) return store.read(kind, id)
    const found: Document = known
    known = undefined
    return found as D
  }
  const others: Omit<Store, 'read'> = {
    commit: (...asked) => store.commit(...asked),
    watch: (...asked) => store.watch(...asked),
    now: () => store.now(),
  }
  return { ...context, store: { ...others, read } }
}
