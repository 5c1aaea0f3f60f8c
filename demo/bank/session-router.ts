import express from 'express'
import { type Bank, visit } from './bank.ts'
import type { Session } from './bank-api.ts'
import { readSignOn, redeemSignOn } from './sign-ons.ts'

/** Who is signed in. */
export function sessionRouter(bank: Bank): express.Router {
  const router = express.Router()

  /** The page says it has been approved. That is no proof: the hub is asked. */
  router.post('/', async (request, response) => {
    const { hub, cookies } = visit(bank, request, response)
    const refuse = (outcome: string) => void response.status(409).json({ outcome })
    const ticket = cookies.read('signOn')
    const signOn = ticket && (await readSignOn(hub, ticket))
    if (!ticket || !signOn) return refuse('unknown')
    if (!signOn.isOver) return refuse('unanswered')
    cookies.clear('signOn')
    if (!signOn.proven) return refuse(signOn.outcome)
    if (!(await redeemSignOn(hub, ticket))) return refuse('used')
    const { user, by, date } = signOn.proven
    const session: Session = { user, by, approvedDate: date }
    cookies.write('session', session)
    response.status(201).json(session)
  })

  router.get('/', (request, response) => {
    const session = visit(bank, request, response).cookies.read('session')
    if (session) response.json(session)
    else response.sendStatus(204)
  })

  router.delete('/', (request, response) => {
    visit(bank, request, response).cookies.clear('session')
    response.sendStatus(204)
  })

  return router
}
