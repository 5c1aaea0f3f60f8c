import type { PageView } from '../server/protocol/challenge.ts'
import { NAMESPACES } from '../server/protocol/events.ts'
import { abortReason } from './abort-reason.ts'
import { AssentError } from './assent-error.ts'
import { bearer } from './bearer.ts'
import { callHub } from './call-hub.ts'
import { type Connection, keepInTouch } from './keep-in-touch.ts'
import { openSocket } from './open-socket.ts'
import { pollHub } from './poll-hub.ts'
import { readWaitToken } from './read-wait-token.ts'
import { rest } from './rest.ts'
import { tell } from './tell.ts'
import { trackStatus, type Until } from './track-status.ts'

export interface WaitOptions {
  /** Where the hub is: `https://assent.example.com`, also with a path; empty: the page's own origin. */
  readonly url: string
  /** The wait token the backend got with the challenge. */
  readonly token: string
  /** What ends the wait: any other status word than at the token's minting (the default), or completion only. */
  readonly until?: Until | undefined
  /** Told every newer version of the challenge, in order, never twice. */
  readonly onStatus?: ((challenge: PageView) => void) | undefined
  /** Told how the page is connected, whenever that changes. */
  readonly onConnection?: ((connection: Connection) => void) | undefined
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds, 100…60000; default 2000. Only matters while polling, and even then a change is answered at once. */
  readonly pollInterval?: number | undefined
  /** 1…600; default 5. A poll is held open for `pollInterval` × `pollRetries` milliseconds. */
  readonly pollRetries?: number | undefined
}

/**
 * Waits until the challenge has changed, and resolves with it, whatever it has become: `denied` and `timed_out` are answers
 * like `approved`. Goes on through every loss of the connection. Rejects only when aborted, or with an AssentError when the
 * hub will not answer this token any more (`invalid_token`, `expired_token`, `insufficient_scope`, `challenge_not_found`,
 * or `invalid_request` for impossible options).
 *
 * The page's word proves nothing: the backend reads the outcome itself.
 *
 * @example
 * const { challengeStatus } = await waitForStatus({ url: 'https://assent.example.com', token: waitToken })
 * location.assign(`/signed-on?outcome=${challengeStatus}`)
 */
export function waitForStatus(options: WaitOptions): Promise<PageView> {
  const {
    url,
    token,
    until = 'changed',
    onStatus,
    onConnection,
    signal,
    pollInterval = 2000,
    pollRetries = 5,
  } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal))
    const { challenge, since } = readWaitToken(token)
    const hub = bearer(url, token)
    const track = trackStatus(since, until)

    const touch = keepInTouch({
      open: () => openSocket(url, NAMESPACES.waiting, token),
      hear: (socket) => socket.on('status', take).on('gone', gone),
      read: async (abort) =>
        take(await callHub<PageView>(hub, `/v1/challenges/${encodeURIComponent(challenge)}`, { signal: abort })),
      async poll(abort) {
        const poll = { pollInterval, pollRetries: pollRetries || 1, since: track.since(), signal: abort }
        const polled = await pollHub<PageView>(hub, challenge, poll)
        // An answer that came early and brought nothing must not be asked for again in a tight loop.
        if (!take(polled) && polled.pollOutcome !== 'exhausted') await rest(pollInterval, abort)
      },
      onRefused: (error) => settle(() => reject(error)),
      onConnection,
    })
    signal?.addEventListener('abort', aborted)

    /** Takes in what any road brought; true when it was news. */
    function take(view: PageView): boolean {
      const news = track.take(view)
      if (news === 'old') return false
      tell(onStatus, view)
      if (news === 'outcome') settle(() => resolve(view))
      return true
    }

    function gone(): void {
      settle(() => reject(new AssentError({ code: 'challenge_not_found', detail: 'The challenge has vanished.' })))
    }

    function aborted(): void {
      settle(() => reject(signal && abortReason(signal)))
    }

    function settle(tellOutcome: () => void): void {
      touch.close()
      signal?.removeEventListener('abort', aborted)
      tellOutcome()
    }
  })
}
