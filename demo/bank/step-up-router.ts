import express, { type Request, type Response } from 'express'
import type { AuthenticatorInput } from '../../client-sdk/index.ts'
import { type Bank, type Hub, visit } from './bank.ts'
import { signedAssertion, typedCode } from './bodies.ts'

/** What a page says that was told to have something approved: the client looks whether the challenge is its visitor's. */
export function stepUpRouter(bank: Bank): express.Router {
  const router = express.Router()
  const way = '/:challenge/authenticators/:authenticator'

  /** The same one again sends a new code, or asks the phone anew. */
  router.post(`${way}/start`, (request, response) =>
    forCustomer(request, response, ({ stepUp }, input) => stepUp.start(input)),
  )

  router.post(`${way}/verify`, (request, response) =>
    forCustomer(request, response, ({ stepUp }, input) => {
      const proof = signedAssertion.or(typedCode).parse(request.body)
      return 'otp' in proof
        ? stepUp.verify({ ...input, code: proof.otp })
        : stepUp.verify({ ...input, ...proof, origin: request.headers.origin ?? '' })
    }),
  )

  /** The person at the page gave up. */
  router.delete('/:challenge', (request, response) =>
    forCustomer(request, response, async ({ stepUp }, input) => {
      await stepUp.cancel(input)
      return {}
    }),
  )

  type Work = (hub: Hub, input: AuthenticatorInput) => Promise<object>

  async function forCustomer(
    request: Request<{ challenge: string; authenticator?: string }>,
    response: Response,
    work: Work,
  ): Promise<void> {
    const { hub, cookies } = visit(bank, request, response)
    const user = cookies.read('session')?.user
    if (user === undefined) return void response.status(401).json({ outcome: 'signed_out' })
    const { challenge, authenticator = '' } = request.params
    response.json(await work(hub, { user, challenge, authenticator }))
  }

  return router
}
