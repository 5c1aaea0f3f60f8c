import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import calculateSlot from 'cluster-key-slot'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { type RedisOptions, type RedisServer, startRedis } from './redis-server.ts'
import { REDIS_CLI } from './tools.ts'

/** After so long a node that is not heard counts as failing. Milliseconds. */
const NODE_TIMEOUT_MS = 2_000
const PRIMARIES = 3

/** Three primaries with a replica each: real processes on 127.0.0.1. */
export interface RedisCluster extends AsyncDisposable {
  /** As `REDIS_URL`. */
  readonly url: string
  readonly servers: readonly RedisServer[]
  /** The server that serves a key now. */
  ownerOf(key: string): Promise<RedisServer>
  primaries(): Promise<readonly RedisServer[]>
  /** Resolves when a key is served by another one than this, and takes writes. */
  failedOver(key: string, from: RedisServer): Promise<RedisServer>
  /** Begins to move a key's slot elsewhere: its keys are gone there already when this resolves, the slot is not. */
  beginMigration(key: string): Promise<Migration>
  stop(): Promise<void>
}

export interface Migration {
  readonly from: RedisServer
  readonly to: RedisServer
  /** Tells everyone who serves the slot now. */
  finish(): Promise<void>
}

/** @param options for each of the servers */
export async function startCluster(options: RedisOptions = {}): Promise<RedisCluster> {
  const servers = await startNodes(options)
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()))
  }
  try {
    const addresses = await Promise.all(servers.map(busAddress))
    const create = ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']
    await promisify(execFile)(REDIS_CLI, create, { timeout: 30_000 })
    await eventually(() => demandReady(servers), { within: 20_000, every: 100 })
  } catch (error) {
    await stop()
    throw error
  }

  const byPort = (port: number) => {
    const server = servers.find((one) => one.port === port)
    if (!server) throw new Error(`no server of ours listens on ${port}`)
    return server
  }
  const running = () => servers.find(({ process }) => process.exitCode === null && process.signalCode === null)
  const nodes = async (asked = running()) => parseNodes((await asked?.cli('cluster', 'nodes')) ?? '')
  const ownerOf = async (key: string, asked?: RedisServer) => {
    const slot = calculateSlot(key)
    const owner = (await nodes(asked)).find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to))
    if (!owner) throw new Error(`nobody serves slot ${slot}`)
    return byPort(owner.port)
  }
  const primaries = async () => (await nodes()).filter(({ slots }) => slots.length > 0).map(({ port }) => byPort(port))

  return {
    url: `redis+cluster://${servers
      .slice(0, 2)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join(',')}`,
    servers,
    ownerOf: (key) => ownerOf(key),
    primaries,
    failedOver: (key, from) =>
      eventually(
        async () => {
          const asked = servers.find((server) => server !== from)
          const owner = await ownerOf(key, asked)
          if (owner === from || !(await owner.cli('cluster', 'info')).includes('cluster_state:ok')) {
            throw new Error('no other primary yet')
          }
          return owner
        },
        { within: 20_000, every: 50 },
      ),
    beginMigration: async (key) => {
      const slot = String(calculateSlot(key))
      const from = await ownerOf(key)
      const to = (await primaries()).find((server) => server !== from)
      if (!to) throw new Error('nobody to move the slot to')
      const [fromId, toId] = await Promise.all([from.cli('cluster', 'myid'), to.cli('cluster', 'myid')])
      await to.cli('cluster', 'setslot', slot, 'importing', fromId)
      await from.cli('cluster', 'setslot', slot, 'migrating', toId)
      const keys = (await from.cli('cluster', 'getkeysinslot', slot, '1000')).split('\n').filter((name) => name !== '')
      if (keys.length > 0) await from.cli('migrate', '127.0.0.1', String(to.port), '', '0', '5000', 'keys', ...keys)
      return {
        from,
        to,
        finish: async () => {
          for (const server of [to, from]) await server.cli('cluster', 'setslot', slot, 'node', toId)
        },
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function startNodes(options: RedisOptions): Promise<RedisServer[]> {
  const started = await Promise.allSettled(
    Array.from({ length: 2 * PRIMARIES }, async () => {
      // By itself a node would also listen on its port plus 10,000, which may be none.
      const bus = String(await freePort())
      const own = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-port', bus]
      return startRedis({ ...options, args: [...own, ...(options.args ?? [])] })
    }),
  )
  const servers = started.filter((result) => result.status === 'fulfilled').map(({ value }) => value)
  const failed = started.find((result) => result.status === 'rejected')
  if (!failed) return servers
  await Promise.all(servers.map((server) => server.stop()))
  throw failed.reason
}

async function busAddress(server: RedisServer): Promise<string> {
  const bus = (await server.cli('config', 'get', 'cluster-port')).split('\n')[1]
  return `127.0.0.1:${server.port}@${bus}`
}

async function demandReady(servers: readonly RedisServer[]): Promise<void> {
  for (const server of servers) {
    const info = await server.cli('cluster', 'info')
    if (!/cluster_state:ok[\s\S]*cluster_known_nodes:6/.test(info)) throw new Error('the cluster is not formed yet')
    const role = await server.cli('role')
    if (role.startsWith('slave') && !role.includes('connected')) throw new Error('a replica is not there yet')
  }
}

interface Node {
  readonly port: number
  readonly slots: readonly (readonly [number, number])[]
}

/** Takes the answer of CLUSTER NODES apart: `id host:port@bus flags primary ping pong epoch link slots…`. */
function parseNodes(answer: string): Node[] {
  return answer.split('\n').map((line) => {
    const [, address = '', , , , , , , ...slots] = line.trim().split(' ')
    return {
      port: Number(/:(\d+)@/.exec(address)?.[1]),
      slots: slots
        .filter((range) => !range.startsWith('['))
        .map((range) => {
          const [from = '', to = from] = range.split('-')
          return [Number(from), Number(to)] as const
        }),
    }
  })
}
