import type { PageView, PolledChallenge } from '../../../client-sdk/index.ts'
import { readWaitToken } from '../../../client-sdk/read-wait-token.ts'
import { rest } from '../../../client-sdk/rest.ts'
import { type OpenPage, toSighting } from './page.ts'

/** A poll is held open for `INTERVAL_MS` × `RETRIES`, and given up a little later. Milliseconds. */
const INTERVAL_MS = 1_000
const RETRIES = 4
const SLACK_MS = 3_000
const AFTER_FAILURE_MS = 1_000

/** A page without sockets: one long-poll after the other, with nothing but `fetch`. */
export const openPollingPage: OpenPage = async ({ url, token, until, listener, signal }) => {
  const { challenge, since } = readWaitToken(token)
  let known = since
  for (let connection = 1; !signal.aborted; connection++) {
    const query = `pollInterval=${INTERVAL_MS}&pollRetries=${RETRIES}&since=${known}`
    const answer = await poll(`${url}/v1/challenges/${challenge}/poll?${query}`, token, signal)
    if (signal.aborted) return
    if (answer === 'not found') return listener.failed('challenge_not_found')
    if (answer === 'no answer') {
      await rest(AFTER_FAILURE_MS, signal)
      continue
    }
    listener.told(toSighting(answer), connection)
    if (answer.isChallengeComplete || (until === 'changed' && answer.statusVersion > since)) {
      return listener.resolved(toSighting(answer))
    }
    known = answer.statusVersion
  }
}

async function poll(
  url: string,
  token: string,
  signal: AbortSignal,
): Promise<PolledChallenge<PageView> | 'not found' | 'no answer'> {
  const patience = AbortSignal.timeout(INTERVAL_MS * RETRIES + SLACK_MS)
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, patience]),
    })
    if (response.status === 404) return 'not found'
    return response.ok ? ((await response.json()) as PolledChallenge<PageView>) : 'no answer'
  } catch {
    // Whatever kept the hub from answering: the next poll asks again.
    return 'no answer'
  }
}
