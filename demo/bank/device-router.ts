import express, { type Request, type Response } from 'express'
import { type Bank, type Visit, visit } from './bank.ts'
import type { Session } from './bank-api.ts'
import { activation, chosenDevice, newDevice, newName } from './bodies.ts'
import { activeDevices, addDevice, ownDevices } from './devices.ts'

/** What people prove who they are with. */
export function deviceRouter(bank: Bank): express.Router {
  const router = express.Router()

  router.get('/', (request, response) =>
    forOwner(request, response, async ({ hub }, userId) => response.json(await ownDevices(hub.mfa, userId))),
  )

  router.post('/', (request, response) =>
    forOwner(request, response, async ({ hub }, userId) => {
      const wanted = newDevice.parse(request.body)
      const added = await addDevice(hub.mfa, userId, wanted, request.headers['user-agent'])
      response.status(201).json(added)
    }),
  )

  router.put('/default', (request, response) =>
    forSignedIn(request, response, async ({ hub }, userId) => {
      const { device } = chosenDevice.parse(request.body)
      await hub.mfa.setDeviceOrder({ userId, setDeviceOrder: 'defaultDevice', defaultDeviceId: device })
      response.json(await ownDevices(hub.mfa, userId))
    }),
  )

  /** Whether the phone has scanned what is shown. Once it has, nobody is without a device any more. */
  router.get('/pairings/:key', async (request, response) => {
    const visiting = visit(bank, request, response)
    const userId = ownerOf(visiting)
    if (userId === undefined) return refuse(response)
    const { rawResponse } = await visiting.hub.mfa.readPairingKey({ userId, pairingKeyId: request.params.key })
    const { status } = rawResponse
    response.json({ status, ...(status === 'CLAIMED' && { session: await letIn(visiting, userId) }) })
  })

  router.delete('/pairings/:key', (request, response) =>
    forOwner(request, response, async ({ hub }, userId) => {
      await hub.mfa.deletePairingKey({ userId, pairingKeyId: request.params.key })
      response.sendStatus(204)
    }),
  )

  router.post('/:device/activation', (request, response) =>
    forOwner(request, response, async (visiting, userId) => {
      const proof = activation.parse(request.body)
      const origin = 'attestation' in proof ? { origin: request.headers.origin ?? '' } : {}
      await visiting.hub.mfa.activateDevice({ userId, deviceId: request.params.device, ...proof, ...origin })
      response.json({ session: await letIn(visiting, userId) })
    }),
  )

  router.put('/:device/name', (request, response) =>
    forSignedIn(request, response, async ({ hub }, userId) => {
      const { name: nickname } = newName.parse(request.body)
      await hub.mfa.updateDeviceNickname({ userId, deviceId: request.params.device, nickname })
      response.json(await ownDevices(hub.mfa, userId))
    }),
  )

  router.delete('/:device', (request, response) =>
    forOwner(request, response, async ({ hub }, userId) => {
      const { device: deviceId } = request.params
      const active = await activeDevices(hub.mfa, userId)
      // Without any, whoever gave the name next would have it.
      if (active.length === 1 && active[0]?.id === deviceId)
        return response.status(409).json({ outcome: 'last_device' })
      await hub.mfa.deleteDevice({ userId, deviceId })
      return response.json(await ownDevices(hub.mfa, userId))
    }),
  )

  type Work = (visiting: Visit, userId: string) => Promise<unknown>

  async function forSignedIn(request: Request, response: Response, work: Work): Promise<void> {
    const visiting = visit(bank, request, response)
    const user = visiting.cookies.read('session')?.user
    if (user === undefined) refuse(response)
    else await work(visiting, user)
  }

  /** Also for somebody who has no device yet, and only while they have none: a name is all they could prove. */
  async function forOwner(request: Request, response: Response, work: Work): Promise<void> {
    const visiting = visit(bank, request, response)
    const user = ownerOf(visiting)
    const mayWork = user !== undefined && (isSignedIn(visiting) || (await hasNone(visiting, user)))
    if (mayWork) await work(visiting, user)
    else refuse(response)
  }

  return router
}

function refuse(response: Response): void {
  response.status(401).json({ outcome: 'signed_out' })
}

function isSignedIn({ cookies }: Visit): boolean {
  return cookies.read('session') !== undefined
}

function ownerOf({ cookies }: Visit): string | undefined {
  const newcomer = cookies.read('newcomer')
  return cookies.read('session')?.user ?? (newcomer && Date.now() < newcomer.until ? newcomer.user : undefined)
}

async function hasNone({ hub }: Visit, userId: string): Promise<boolean> {
  return (await activeDevices(hub.mfa, userId)).length === 0
}

/** Whoever has added their first device has proven as much as they ever will: that they hold it. */
async function letIn(visiting: Visit, user: string): Promise<Session | undefined> {
  const { cookies, hub } = visiting
  // With any other device in between, it may be somebody else's who gave the same name.
  if (isSignedIn(visiting) || (await activeDevices(hub.mfa, user)).length !== 1) return undefined
  const session: Session = { user, by: 'first', approvedDate: Date.now() }
  cookies.clear('newcomer')
  cookies.write('session', session)
  return session
}
