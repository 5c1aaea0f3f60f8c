import { startBalancer } from '../support/balancer.ts'
import { freePort } from '../support/free-port.ts'
import type { RedisKind } from './deployment/deployment.ts'
import { START } from './deployment/start.ts'
import type { World } from './faults/fault.ts'
import { HubSeat } from './hub-seat.ts'
import { Scene } from './load/scene.ts'
import type { ChaosOptions } from './options.ts'
import { Crowd } from './pages/crowd.ts'
import { Tracker } from './tracker/tracker.ts'

const HUBS = 3

/** Starts a Redis, three hubs on it, a balancer before them, and empty processes for pages. */
export async function openWorld(
  kind: RedisKind,
  { pace, hub, drainSeconds }: ChaosOptions,
  logName: (hub: number) => string,
): Promise<{ world: World; close: () => Promise<void> }> {
  const closing: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const each of closing.toReversed()) await each()
  }
  try {
    const tracker = new Tracker()
    const deployment = await START[kind]()
    closing.push(() => deployment.stop())

    const ports = await Promise.all(Array.from({ length: HUBS }, freePort))
    const hubs: HubSeat[] = []
    for (const [index, port] of ports.entries()) {
      const number = index + 1
      const road = await deployment.connect()
      const seat = new HubSeat({
        number,
        port,
        road,
        logFile: logName(number),
        drainSeconds,
        main: hub,
        onEnd: tracker.hubEnded,
        onUnhandled: tracker.unhandled,
      })
      hubs.push(seat)
      closing.push(() => seat.close())
    }
    await Promise.all(hubs.map((seat) => seat.start()))

    const balancer = await startBalancer(ports, { inTurn: true })
    closing.push(() => balancer.stop())
    const crowd = await Crowd.gather(balancer.url, pace.holders, tracker.heard)
    closing.push(() => crowd.dismiss())
    const scene = new Scene({ url: balancer.url, users: pace.users, crowd, tracker })
    closing.push(() => scene.close())
    return { world: { deployment, hubs, crowd, scene, tracker }, close }
  } catch (error) {
    await close()
    throw error
  }
}
