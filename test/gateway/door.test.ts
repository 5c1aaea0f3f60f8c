import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Server, type Socket } from 'socket.io'
import { expect, it } from 'vitest'
import type { Authenticator } from '../../server/auth/authenticate.ts'
import { guard } from '../../server/gateway/admission.ts'
import { Switchboard } from '../../server/gateway/switchboard.ts'
import { takeUpgrades } from '../../server/gateway/take-upgrades.ts'
import { eventually } from '../support/eventually.ts'
import { ownLimits } from '../support/limits.ts'
import { openRaw } from './raw-socket.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function rethrow(error: unknown): never {
  throw error
}

/*
 * The door in front of a namespace by itself, with a preparation that takes as long as we like: what is left of those who
 * hang up meanwhile?
 */

it('nothing is kept of a caller who hangs up before being let in', async () => {
  const httpServer = createServer()
  const io = new Server({ transports: ['websocket'] })
  io.attach(httpServer)
  const callers: WeakRef<Socket>[] = []
  const prepared: (() => void)[] = []
  const released: number[] = []
  const { limits, connections } = ownLimits()
  const maxPayload = 1_000
  const switchboard = new Switchboard({
    engine: io.engine,
    namespaces: [],
    connections,
    onError: rethrow,
    maxPayload,
  })
  const begin = switchboard.begin.bind(switchboard)
  takeUpgrades(httpServer, { maxPayload, lets: () => true, begin })
  const admission = {
    limits,
    connections,
    // Not asked here: what is prepared is ours.
    authenticator: undefined as unknown as Authenticator,
    corsOrigins: [],
    isDraining: () => false,
    onError: rethrow,
  }
  const entered: number[] = []
  const enter = guard<number>(
    io.of('/slow'),
    admission,
    async (socket) => {
      const caller = callers.push(new WeakRef(socket))
      await new Promise<void>((resolve) => prepared.push(resolve))
      return caller
    },
    (caller) => released.push(caller),
  )
  io.of('/slow').on('connection', (socket) => void entered.push(enter(socket)))
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`

  const impatient = await Promise.all([1, 2, 3].map(() => openRaw(url)))
  for (const caller of impatient) caller.say('40/slow,')
  await eventually(() => expect(prepared).toHaveLength(3))
  for (const caller of impatient) caller.hangUp()
  await eventually(() => expect(io.engine.clientsCount).toBe(0))
  for (const open of prepared.splice(0)) open()

  // Somebody who stays is let in as ever.
  const patient = await openRaw(url)
  patient.say('40/slow,')
  await eventually(() => expect(prepared).toHaveLength(1))
  prepared[0]?.()
  await patient.hear('40/slow,')
  expect(entered).toEqual([4])
  expect(released.sort()).toEqual([1, 2, 3])
  await eventually(() => {
    collectGarbage()
    expect(callers.slice(0, 3).map((caller) => caller.deref()?.id)).toEqual([undefined, undefined, undefined])
  })
  patient.hangUp()
  switchboard.close()
  await io.close()
})
