import { createSecretKey } from 'node:crypto'
import { openPushCarrier } from '../../server/delivery/push/open-push-carrier.ts'
import { pushSubscription } from '../../server/delivery/push/push-address.ts'

/*
 * `push-process.ts <subscription>...`. Pushes to each in turn, and prints how each ended, as one line of JSON. A process of
 * its own, because Node decides when it starts whom it trusts.
 */

const carrier = openPushCarrier({}, { secret: createSecretKey(Buffer.alloc(40)), isPublicOnly: false, now: Date.now })
const ends: string[] = []
for (const [at, subscription] of process.argv.slice(2).entries()) {
  const push = { id: String(at), kind: 'requested', challenge: String(at), expiresAt: Date.now() + 60_000 } as const
  const delivering = carrier.deliver(push, pushSubscription.parse(JSON.parse(subscription)))
  ends.push(await delivering.catch((error: Error) => error.message))
}
console.log(JSON.stringify(ends))
