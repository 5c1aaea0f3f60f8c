import express, { type NextFunction, type Request, type Response } from 'express'
import { moneyOf } from '../money.ts'
import { accountOf, send } from './accounts.ts'
import { type Bank, visit } from './bank.ts'
import { newTransfer } from './bodies.ts'
import { visitorOf } from './visitor.ts'

/** Seconds a person has to approve. */
const SECONDS = 300

/** Money, which leaves the house only when its owner has approved this very transfer. */
export function transferRouter(bank: Bank): express.Router {
  const router = express.Router()
  const customerOf = (request: Request, response: Response) =>
    visit(bank, request, response).cookies.read('session')?.user

  router.get('/', (request, response) => {
    const { cookies } = visit(bank, request, response)
    const user = cookies.read('session')?.user
    if (user === undefined) response.status(401).json({ outcome: 'signed_out' })
    else response.json(accountOf(cookies, user))
  })

  router.post('/', demandMoney, demandApproval, (request, response) => {
    const { cookies } = visit(bank, request, response)
    // Whoever has approved it, which is whoever is signed in.
    const user = request.stepUp?.user ?? ''
    response.status(201).json(send(cookies, user, newTransfer.parse(request.body)))
  })

  /** Nobody is asked about what could not be done anyhow. */
  function demandMoney(request: Request, response: Response, next: NextFunction): void {
    const { cookies } = visit(bank, request, response)
    const user = cookies.read('session')?.user
    const { amount } = newTransfer.parse(request.body)
    if (user === undefined) response.status(401).json({ outcome: 'signed_out' })
    else if (amount > accountOf(cookies, user).balance) response.status(409).json({ outcome: 'too_little' })
    else next()
  }

  function demandApproval(request: Request, response: Response, next: NextFunction): Promise<void> {
    const demand = bank.hub().stepUp.demand<Request>({
      user: () => customerOf(request, response),
      display: ({ body }) => {
        const { payee, amount, reference } = newTransfer.parse(body)
        const { browser, address } = visitorOf(request)
        return {
          title: `Send ${moneyOf(amount)} to ${payee}?`,
          fields: [
            { label: 'To', value: payee },
            { label: 'Amount', value: moneyOf(amount) },
            ...(reference ? [{ label: 'Reference', value: reference }] : []),
            { label: 'Where', value: `${browser}, ${address}` },
          ],
        }
      },
      ttl: SECONDS,
    })
    return demand(request, response, next)
  }

  return router
}
