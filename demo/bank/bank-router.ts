import express, { type Request, type Response } from 'express'
import { AssentError, type Backend, NOT_ME } from '../../client-sdk/index.ts'
import { browserName } from './browser-name.ts'
import { cookie, cookieOptions } from './cookies.ts'
import { createSessions } from './sessions.ts'
import { findSignOn, openSignOn, redeemSignOn } from './sign-ons.ts'
import { parseUser } from './user.ts'

const TICKET = 'harbour_sign_on'
const SESSION = 'harbour_session'

/** Seconds a phone has to answer, unless the page asks for fewer. */
const TIMEOUT = 300

/** The bank's own backend. It alone speaks to the hub with a backend's token; its page only ever gets a wait token. */
export function bankRouter(connect: () => Backend, sessionKey: Buffer): express.Router {
  const sessions = createSessions(sessionKey)
  const router = express.Router()
  router.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store')
    next()
  })

  /** Somebody wants in: ask their phone. */
  router.post('/sign-ons', express.json({ limit: '1kb' }), async (request, response) => {
    const user = parseUser(request.body?.user)
    const timeout = Number(request.body?.timeout ?? TIMEOUT)
    if (!user || !(timeout >= 1 && timeout <= TIMEOUT)) return response.sendStatus(400)
    const backend = connect()
    await withdraw(backend, request)
    const { challenge, ticket } = await openSignOn(backend, {
      user,
      browser: browserName(request.headers['user-agent']),
      address: request.ip?.replace(/^::ffff:/, '') ?? 'an unknown address',
      timeout,
    })
    response.cookie(TICKET, ticket, cookieOptions(request))
    response.status(201).json({ waitToken: challenge.waitToken })
  })

  /** The person at the page gave up: nobody should be asked any more. */
  router.delete('/sign-ons', async (request, response) => {
    await withdraw(connect(), request)
    response.sendStatus(204)
  })

  /** The page says it has been approved. That is no proof: the hub is asked. */
  router.post('/sessions', async (request, response) => {
    const backend = connect()
    const signOn = await findSignOn(backend, cookie(request, TICKET))
    if (!signOn) return refuse(response, 'unknown')
    if (!signOn.isChallengeComplete) return refuse(response, 'unanswered')
    response.clearCookie(TICKET, cookieOptions(request))
    const { challenge, challengeStatus, approver, decidedBy, reason, statusUpdatedDate } = signOn
    if (challengeStatus !== 'approved' || !approver || decidedBy !== approver) {
      return refuse(response, reason === NOT_ME ? reason : challengeStatus)
    }
    if (!(await redeemSignOn(backend, challenge))) return refuse(response, 'used')
    const session = { user: approver, approvedDate: statusUpdatedDate }
    response.cookie(SESSION, sessions.open(session), cookieOptions(request)).status(201).json(session)
  })

  router.get('/sessions', (request, response) => {
    const session = sessions.find(cookie(request, SESSION))
    if (session) response.json(session)
    else response.sendStatus(204)
  })

  router.delete('/sessions', (request, response) => {
    response.clearCookie(SESSION, cookieOptions(request)).sendStatus(204)
  })

  router.use(sayWhyNot)
  return router
}

function refuse(response: Response, outcome: string): void {
  response.status(409).json({ outcome })
}

/** Ends the sign-on this browser began before, so that no phone shows a question nobody waits for. */
async function withdraw(backend: Backend, request: Request): Promise<void> {
  const signOn = await findSignOn(backend, cookie(request, TICKET))
  if (!signOn || signOn.isChallengeComplete) return
  try {
    await backend.updateChallenge(signOn.challenge, { challengeStatus: 'cancelled', isChallengeComplete: true })
  } catch (error) {
    // Answered at this very moment: then nobody is asked any more either.
    if (!(error instanceof AssentError && error.code === 'challenge_complete')) throw error
  }
}

/**
 * A hub that is away for a moment is no fault of this code: the page tries again. A person who may not be asked now is
 * none either, and nobody tries again for them.
 */
function sayWhyNot(error: unknown, _request: Request, response: Response, next: express.NextFunction): void {
  if (error instanceof AssentError && error.status === 429 && !response.headersSent) {
    response.status(429).json({ outcome: error.code })
    return
  }
  const isPassing = error instanceof AssentError && (error.code === 'unreachable' || error.status === 503)
  if (response.headersSent || !isPassing) return next(error)
  response.status(503).json({ outcome: 'unavailable' })
}
