import type { ChallengeView } from '../../server/protocol/challenge.ts'
import { abortReason } from '../abort-reason.ts'
import { AssentError } from '../assent-error.ts'
import { createBackOff } from '../back-off.ts'
import { type Approver, type ApproverOptions, openApprover, type Signing } from '../connect-approver.ts'
import type { DecisionDetails } from '../decide.ts'
import { rest } from '../rest.ts'
import { tell } from '../tell.ts'

export type PhoneApproverOptions = Omit<ApproverOptions, 'token' | 'url'>

export interface PhoneApprover extends Approver {
  /** Says that the question has been opened, for the page that waits to show; that it has arrived, is said by itself. */
  seen(challenge: string): void
}

export interface Tokens {
  /** One that is good; rejects when there is none to be had any more. */
  token(): Promise<string>
  /** The one that was given is not accepted. */
  forgetToken(): void
}

/** A token that has died may be renewed: these speak against the token, not against the phone. */
const DEAD = ['expired_token', 'invalid_token']

/** Keeps a phone connected beyond the life of its tokens. The list of what is asked is one, whatever connection tells of it. */
export function keepApproving(
  options: PhoneApproverOptions & { readonly url: string },
  phone: Signing & Tokens,
): PhoneApprover {
  const ended = new AbortController()
  const backOff = createBackOff()
  let current = open()
  options.signal?.addEventListener('abort', close)
  if (options.signal?.aborted) close()

  async function open(): ReturnType<typeof begin> {
    while (true) {
      try {
        return begin(await phone.token())
      } catch (error) {
        if (ended.signal.aborted) throw abortReason(ended.signal)
        if (!(error instanceof AssentError) || !error.isPassing) throw end(error)
        tell(options.onConnection, 'offline')
        await rest(backOff.after(error), ended.signal)
      }
    }
  }

  function begin(token: string) {
    if (ended.signal.aborted) throw abortReason(ended.signal)
    const opened = openApprover({ ...options, token, onError: renewOrEnd, signal: ended.signal }, phone)
    return Promise.resolve(opened)
  }

  function renewOrEnd(error: AssentError): void {
    if (!DEAD.includes(error.code)) return void end(error)
    phone.forgetToken()
    current = open()
    // Whoever decides meanwhile is told by `say`; the application, by `end`.
    current.catch(() => undefined)
  }

  /** The hub does not know this phone any more. */
  function end(error: unknown): unknown {
    if (ended.signal.aborted) return error
    ended.abort(error)
    if (error instanceof AssentError) tell(options.onError, error)
    return error
  }

  async function say(word: 'approve' | 'deny', challenge: string, details?: DecisionDetails): Promise<ChallengeView> {
    const approver = await current
    try {
      return await approver[word](challenge, details)
    } catch (error) {
      // Its token has died while this was said: once more, with the next one.
      if (error instanceof AssentError && DEAD.includes(error.code)) return (await current)[word](challenge, details)
      throw error
    }
  }

  function close(): void {
    ended.abort()
    options.signal?.removeEventListener('abort', close)
  }

  current.catch(() => undefined)
  return {
    approve: (challenge, details) => say('approve', challenge, details),
    deny: (challenge, details) => say('deny', challenge, details),
    pending: () => phone.list.approvals,
    seen(challenge) {
      current.then(
        (approver) => approver.seen(challenge),
        () => undefined,
      )
    },
    close,
  }
}
