import { randomUUID } from 'node:crypto'
import type { BenchWorld } from './world.ts'

/** One call, natively and in a dialect. */
export interface Pair {
  readonly name: string
  readonly native: Side
  readonly dialect: Side
}

export interface Side {
  /** Makes, unmeasured, whatever so many calls need. */
  readonly prepare?: (count: number) => Promise<void>
  readonly call: (index: number) => Promise<unknown>
}

interface Named {
  readonly id: string
}

/** Of those who have one authentication at a time, the dialect's are other people than the native calls'. */
const APART = 1

/** So much is prepared at a time. */
const TOGETHER = 8

/** Every call that does what a native call does. */
export function pairs(world: BenchWorld): readonly Pair[] {
  const ask = world.ask.bind(world)
  const begin = (index: number, more: object = {}, header = '') =>
    ask<Named>(201, 'POST', '/v1/deviceAuthentications', { user: user(index), ...more }, header)
  const open = (index: number) => begin(index)
  const openOnly = (index: number) => begin(index, { policy: { id: world.onlyOne } })
  // Named before it is there, as what is begun on a connection.
  const openNamed = (index: number) => begin(index, {}, `idempotency-key: ${randomUUID()}\r\n`)
  const user = (index: number) => ({ id: world.person(index).id })
  const native = (id: string) => `/v1/deviceAuthentications/${id}`
  const flow = (id: string) => `/pf-ws/authn/flows/${id}`
  const challenge = (id: string) => `/auth/challenges/${id}`
  const openFlow = async (index: number) => {
    const opened = await ask<{ flowId: string }>(201, 'POST', '/pf-ws/authn/flows', { user: user(index) })
    return opened.flowId
  }
  const beginFlow = async (index: number) => {
    const id = await openFlow(index)
    await ask(200, 'POST', `${flow(id)}?action=authenticate`, {})
    return id
  }
  const openChallenge = async (index: number) => {
    const opened = await ask<{ _id: string }>(201, 'POST', '/auth/challenges', { userId: user(index + APART).id })
    return opened._id
  }
  let connections = 0
  const connect = async (index: number) => {
    const number = ++connections
    await ask(200, 'PUT', `/v3/connections/${number}`, { user: user(index) })
    return number
  }
  const sync = (connection: number) => `/v3/connections/${connection}/sync`

  const nativeRead = each(
    async (index) => (await open(index)).id,
    1,
    (id) => ask(200, 'GET', native(id)),
  )
  const nativeOnlyRead = each(
    async (index) => (await openOnly(index)).id,
    1,
    (id) => ask(200, 'GET', native(id)),
  )
  // One and the other in turns: whatever is selected already has less to do.
  const selecting = (
    opens: (index: number) => Promise<string>,
    select: (id: string, device: string) => Promise<unknown>,
    apart = 0,
  ) =>
    each(
      async (index) => ({ id: await opens(index), devices: world.person(index + apart).silent, turn: 0 }),
      1,
      (thing) => select(thing.id, thing.devices[thing.turn++ % 2] as string),
    )
  const selectNatively = (id: string, device: string) =>
    ask(200, 'POST', `${native(id)}?action=device.select`, { device: { id: device } })
  const nativeWrongCode = each(
    async (index) => {
      const { id } = await open(index)
      await ask(200, 'POST', `${native(id)}?action=device.select`, { device: { id: world.person(index).email } })
      return id
    },
    undefined,
    (id) => ask(400, 'POST', `${native(id)}?action=otp.check`, { otp: 'wrong!' }),
  )
  const nativeCancel = each(
    async (index) => (await open(index)).id,
    undefined,
    (id) => ask(200, 'POST', `${native(id)}?action=cancel`, {}),
  )

  return [
    { name: 'flow: open', native: { call: open }, dialect: { call: openFlow } },
    { name: 'flow: read', native: nativeRead, dialect: each(beginFlow, 1, (id) => ask(200, 'GET', flow(id))) },
    {
      name: 'flow: selectDevice',
      native: selecting(async (index) => (await open(index)).id, selectNatively),
      dialect: selecting(beginFlow, (id, device) =>
        ask(200, 'POST', `${flow(id)}?action=selectDevice`, { deviceRef: { id: device } }),
      ),
    },
    {
      name: 'flow: checkOtp, wrong',
      native: nativeWrongCode,
      dialect: each(
        async (index) => {
          const id = await beginFlow(index)
          const deviceRef = { id: world.person(index).email }
          await ask(200, 'POST', `${flow(id)}?action=selectDevice`, { deviceRef })
          return id
        },
        undefined,
        (id) => ask(400, 'POST', `${flow(id)}?action=checkOtp`, { otp: 'wrong!' }),
      ),
    },
    {
      name: 'flow: cancelAuthentication',
      native: nativeCancel,
      dialect: each(openFlow, undefined, (id) => ask(200, 'POST', `${flow(id)}?action=cancelAuthentication`, {})),
    },
    { name: 'challenge: create', native: { call: openOnly }, dialect: { call: openChallenge } },
    {
      name: 'challenge: read',
      native: nativeOnlyRead,
      dialect: each(openChallenge, 1, (id) => ask(200, 'GET', challenge(id))),
    },
    {
      name: 'challenge: start',
      native: selecting(async (index) => (await openOnly(index)).id, selectNatively),
      dialect: selecting(
        openChallenge,
        (id, device) => ask(200, 'POST', `${challenge(id)}/authenticators/${device}/start`, {}),
        APART,
      ),
    },
    {
      name: 'connection: start',
      native: { call: openNamed },
      dialect: each(connect, undefined, (id) => ask(200, 'POST', sync(id), {})),
    },
    {
      name: 'connection: read',
      native: nativeRead,
      dialect: each(
        async (index) => {
          const id = await connect(index)
          await ask(200, 'POST', sync(id), {})
          return id
        },
        1,
        (id) => ask(200, 'GET', sync(id)),
      ),
    },
  ]
}

/**
 * Calls, each on a thing of its own.
 * @param count so many things; undefined: a new one for every call
 */
function each<Thing>(
  make: (index: number) => Promise<Thing>,
  count: number | undefined,
  call: (thing: Thing) => Promise<unknown>,
): Side {
  let things: Thing[] = []
  return {
    prepare: async (calls) => {
      if (count !== undefined && things.length > 0) return
      things = []
      const wanted = count ?? calls
      for (let made = 0; made < wanted; made += TOGETHER) {
        const some = Array.from({ length: Math.min(TOGETHER, wanted - made) }, (_, at) => make(made + at))
        things.push(...(await Promise.all(some)))
      }
    },
    call: (index) => call(things[index % things.length] as Thing),
  }
}
