import { NOT_ME } from '../protocol/challenge.ts'
import type { Action } from './action.ts'
import { CHALLENGE } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { INBOX, nextInbox } from './inbox.ts'
import { transition } from './transition.ts'

type Decision = Action & { readonly type: 'decide' }

/**
 * Silences a person who is about to deny with `not_me`, in the document that every request has to pass, and before the
 * denial is saved: a crash between leaves "silenced, not denied", and their repeat completes it. Naming the challenge, it
 * silences once, however often it is said. A decision that would be refused silences nobody.
 */
export async function silenceIfNotMe(context: ChallengeContext, id: string, action: Decision): Promise<void> {
  const { silenceSeconds } = context.limits
  if (action.decision !== 'deny' || action.reason !== NOT_ME || silenceSeconds === 0) return
  const challenge = await context.store.read(CHALLENGE, id)
  const moved = challenge && transition(challenge, action, context.store.now(), context.engine)
  // The same challenge: it was denied before, so whatever silence belonged to it has been.
  if (!moved || moved.refusal || moved.challenge === challenge) return
  await context.changes.change(INBOX, action.by.user, (inbox, now) => {
    if (inbox?.silence?.challenge === id) return { result: undefined }
    const until = Math.max(now + silenceSeconds * 1_000, inbox?.silence?.until ?? 0)
    return { next: nextInbox(inbox, { silence: { challenge: id, until } }, now), result: undefined }
  })
}

/** Lets a person be asked again. */
export function liftSilence(context: ChallengeContext, user: string): Promise<void> {
  return context.changes.change(INBOX, user, (inbox, now) => {
    if (!inbox?.silence || inbox.silence.until === 0) return { result: undefined }
    const silence = { ...inbox.silence, until: 0 }
    return { next: nextInbox(inbox, { silence }, now), result: undefined }
  })
}

/** Until when nobody may ask this person; undefined: everybody may. Epoch milliseconds. */
export async function silencedUntil(context: ChallengeContext, user: string): Promise<number | undefined> {
  const until = (await context.store.read(INBOX, user))?.silence?.until ?? 0
  return until > context.store.now() ? until : undefined
}
