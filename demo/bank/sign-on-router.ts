import express, { type Request, type Response } from 'express'
import { AssentMfaError } from '../../client-sdk/index.ts'
import { type Bank, type Visit, visit } from './bank.ts'
import { chosenDevice, newSignOn, signedAssertion, typedCode } from './bodies.ts'
import { activeDevices } from './devices.ts'
import { isPhone, type Opened, openCode, openPasskeySignOn, openSignOn, toStep, withdrawSignOn } from './sign-ons.ts'
import { visitorOf } from './visitor.ts'

/** How long somebody without a device may take to add their first. Milliseconds. */
const NEWCOMER_MS = 15 * 60_000

/** Somebody wants in. */
export function signOnRouter(bank: Bank): express.Router {
  const router = express.Router()

  /** By their name: ask their device, or let them add their first one. */
  router.post('/', async (request, response) => {
    const wanted = newSignOn.parse(request.body)
    const visiting = visit(bank, request, response)
    await withdraw(visiting)
    const { mfa, backend } = visiting.hub
    const devices = await activeDevices(mfa, wanted.user)
    if (devices.length === 0) {
      visiting.cookies.write('newcomer', { user: wanted.user, until: Date.now() + NEWCOMER_MS })
      return response.json({ newcomer: true })
    }
    const asked = { ...wanted, ...visitorOf(request) }
    try {
      begin(visiting, response, await openSignOn(visiting.hub, asked))
    } catch (error) {
      if (!(error instanceof AssentMfaError && error.code === 'REQUEST_LIMITED')) throw error
      const { silencedUntil } = await backend.getApprover(wanted.user)
      // Who said "this isn't me" must still get in themselves: by what nobody else can make ring.
      if (silencedUntil !== undefined && devices.some(({ type }) => !isPhone(type))) {
        return begin(visiting, response, await openSignOn(visiting.hub, { ...asked, withoutPhones: true }))
      }
      response.status(429).json({ outcome: silencedUntil === undefined ? 'too_many_requests' : 'approver_silenced' })
    }
  })

  /** By whatever passkey the browser finds. */
  router.post('/passkey', async (request, response) => {
    const visiting = visit(bank, request, response)
    await withdraw(visiting)
    begin(visiting, response, await openPasskeySignOn(visiting.hub))
  })

  /** By whichever phone scans what is shown. */
  router.post('/code', async (request, response) => {
    const visiting = visit(bank, request, response)
    await withdraw(visiting)
    begin(visiting, response, await openCode(visiting.hub, visitorOf(request)))
  })

  /** Another way; the same one again sends a new code, or asks the phone anew. */
  router.put('/device', (request, response) =>
    go(request, response, ({ hub }, deviceAuthenticationId) => {
      const { device: deviceId } = chosenDevice.parse(request.body)
      return hub.mfa.deviceSelection({ deviceAuthenticationId, deviceId })
    }),
  )

  router.post('/passcode', (request, response) =>
    go(request, response, ({ hub }, deviceAuthenticationId) => {
      const { otp } = typedCode.parse(request.body)
      return hub.mfa.devicePasscode({ deviceAuthenticationId, otp })
    }),
  )

  router.post('/assertion', (request, response) =>
    go(request, response, ({ hub }, deviceAuthenticationId) => {
      const { assertion } = signedAssertion.parse(request.body)
      return hub.mfa.fidoAssertion({ deviceAuthenticationId, assertion, origin: request.headers.origin ?? '' })
    }),
  )

  /** The person at the page gave up: nobody should be asked any more. */
  router.delete('/', async (request, response) => {
    await withdraw(visit(bank, request, response))
    response.sendStatus(204)
  })

  type Going = (visiting: Visit, id: string) => ReturnType<Visit['hub']['mfa']['devicePasscode']>

  /** One step of the authentication that this browser has begun, and of no other. */
  async function go(request: Request, response: Response, step: Going): Promise<void> {
    const visiting = visit(bank, request, response)
    const ticket = visiting.cookies.read('signOn')
    if (ticket?.kind !== 'authentication') return void response.status(409).json({ outcome: 'unknown' })
    const { rawResponse } = await step(visiting, ticket.id)
    response.json(toStep(rawResponse))
  }

  return router
}

function begin({ cookies }: Visit, response: Response, { ticket, view }: Opened<object>): void {
  cookies.write('signOn', ticket)
  response.status(201).json(view)
}

/** Ends the sign-on this browser began before. */
async function withdraw({ hub, cookies }: Visit): Promise<void> {
  const ticket = cookies.read('signOn')
  if (ticket) await withdrawSignOn(hub, ticket)
}
