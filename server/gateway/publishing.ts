import { setMaxListeners } from 'node:events'
import type { Namespace } from 'socket.io'
import { z } from 'zod'
import { demandScope, type Principal, quotaKey } from '../auth/principal.ts'
import { create, get, pollFor, update } from '../challenge/capabilities.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { challengeId, parse } from '../challenge/parse.ts'
import { CallerGone, HubError } from '../errors.ts'
import { acknowledge } from './acknowledge.ts'
import { type Admission, guard } from './admission.ts'
import { atExpiry } from './at-expiry.ts'
import { linkOf } from './link.ts'

/** So many polls may wait over one socket. */
const POLLS_PER_SOCKET = 1_000

/** `/publishing`: seed 000's four capabilities for a backend that keeps a socket open. */
export function servePublishing(namespace: Namespace, context: ChallengeContext, admission: Admission): void {
  const enter = guard<Principal>(namespace, admission, async (socket, keep) => {
    const principal = await admission.authenticator.token(socket.handshake.auth.token)
    demandScope(principal, 'challenges:write')
    keep(admission.limits.connection(quotaKey(principal)))
    return principal
  })

  namespace.on('connection', (socket) => {
    const principal = enter(socket)
    const who = quotaKey(principal)
    const link = linkOf(socket.conn)
    // A backend says more than pages and people do.
    link.isBackend = true
    const hungUp = new AbortController()
    // Every poll over this socket listens to it.
    setMaxListeners(0, hungUp.signal)
    const stopExpiry = atExpiry(context, principal, () => socket.disconnect())
    socket.once('disconnect', () => {
      stopExpiry()
      hungUp.abort(new CallerGone())
    })
    const serve = (event: string, handle: (body: unknown) => Promise<object>) =>
      acknowledge(socket, event, handle, admission)

    serve('create', async (body) => {
      admission.limits.creation(who)
      const { waitToken, ...challenge } = await create(context, principal, body ?? {})
      return { challenge, waitToken }
    })
    serve('update', async (body) => {
      const { challenge, rest } = splitChallenge(body)
      return { challenge: await update(context, challenge, rest) }
    })
    serve('get', async (body) => {
      const { challenge } = parse(getMessage, body)
      return { challenge: await get(context, principal, challenge) }
    })
    let polls = 0
    serve('poll', async (body) => {
      const { challenge, rest } = splitChallenge(body)
      if (polls >= POLLS_PER_SOCKET) throw tooManyPolls()
      const release = admission.limits.poll(who, challenge, link.address)
      polls += 1
      try {
        return { challenge: await pollFor(context, principal, challenge, rest, hungUp.signal) }
      } finally {
        polls -= 1
        release()
      }
    })
  })
}

const getMessage = z.strictObject({ challenge: challengeId })
const withChallenge = z.looseObject({ challenge: challengeId })

/** Which challenge is meant, and the body as HTTP would have it. */
function splitChallenge(body: unknown): { challenge: string; rest: object } {
  const { challenge, ...rest } = parse(withChallenge, body)
  return { challenge, rest }
}

function tooManyPolls(): HubError {
  return new HubError('too_many_requests', `One socket polls for at most ${POLLS_PER_SOCKET} challenges at a time.`, {
    retryAfter: 1,
  })
}
