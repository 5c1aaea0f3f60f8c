import { connectPlainPage } from '../load/plain-page.ts'
import { connectPollingPage } from '../load/polling-page.ts'
import { connectSocketIoPage } from '../load/socket-io-page.ts'
import { COMPILED } from '../run/compile.ts'
import type { Contender, ContenderName } from './contender.ts'
import { startNodeServer } from './node-server.ts'
import { overHttp } from './over-http.ts'

const CHALLENGES = '/challenges'

function socketIoRival(name: ContenderName, what: string, instances: number, adapter: string): Contender {
  return {
    name,
    what,
    instances,
    inFlight: 64,
    start: async (redis, nodeOptions) => {
      const env = { ADAPTER: adapter }
      const start = () => startNodeServer({ name, script: COMPILED.naive, redis, nodeOptions, env })
      return overHttp({
        servers: await Promise.all(Array.from({ length: instances }, start)),
        redis,
        path: CHALLENGES,
        connect: ({ challenge }, port) => connectSocketIoPage({ port, namespace: '/', auth: { challenge } }),
      })
    },
  }
}

const NAIVE = 'Express, Socket.IO, its Redis adapter, a record in Redis; no tokens, sealing or versions'

export const naive = socketIoRival('naive', NAIVE, 1, 'classic')
export const naive2 = socketIoRival('naive-2', 'naive, 2 instances', 2, 'classic')
export const naive4 = socketIoRival('naive-4', 'naive, 4 instances', 4, 'classic')
export const naiveSharded = socketIoRival('naive-sharded', "naive with the adapter's sharded form", 1, 'sharded')

function floorServer(name: ContenderName, what: string, instances: number): Contender {
  return {
    name,
    what,
    instances,
    inFlight: 64,
    start: async (redis, nodeOptions) => {
      const start = () => startNodeServer({ name, script: COMPILED.floor, redis, nodeOptions })
      return overHttp({
        servers: await Promise.all(Array.from({ length: instances }, start)),
        redis,
        path: CHALLENGES,
        connect: ({ challenge }, port) =>
          connectPlainPage({ port, path: `${CHALLENGES}/${challenge}`, isGreeted: true }),
        isApart: instances > 1,
      })
    },
  }
}

export const floor = floorServer('floor', 'a bare ws server with a Map, and node:http: what Node itself costs', 1)
export const floor2 = floorServer('floor-2', 'two of them, which share nothing: what two processes cost each other', 2)

export const polling: Contender = {
  name: 'polling',
  what: "naive's record, each page asks once a second",
  // Each update takes a whole second here, doing nothing; more at once only keeps the run short. With yet more, a page would
  // have its next update before it has asked for the last.
  inFlight: 512,
  // A core answers some five thousand polls a second, and has no time left for updates then.
  mostPages: 2_000,
  idleSeconds: 4,
  start: async (redis, nodeOptions) =>
    overHttp({
      servers: [await startNodeServer({ name: 'polling', script: COMPILED.polling, redis, nodeOptions })],
      redis,
      path: CHALLENGES,
      connect: ({ challenge }, port) => connectPollingPage(port, `${CHALLENGES}/${challenge}`),
    }),
}
