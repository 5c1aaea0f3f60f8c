import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { type RedisOptions, type RedisServer, startRedis } from './redis-server.ts'

const MASTER = 'assent-test'
/** So long must a primary be silent before Sentinel calls it down. Milliseconds. */
const DOWN_AFTER_MS = 2_000

/** A primary, two replicas and three Sentinels: real processes on 127.0.0.1. */
export interface RedisSentinel extends AsyncDisposable {
  /** As `REDIS_URL`. */
  readonly url: string
  readonly servers: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]
  /** The server that Sentinels call the primary now. */
  primary(): Promise<RedisServer>
  /** Resolves when another one than this is the primary and takes writes. */
  failedOver(from: RedisServer): Promise<RedisServer>
  /** Asks the Sentinels to make another one the primary, and waits for it. */
  failover(): Promise<RedisServer>
  stop(): Promise<void>
}

/** @param options for each of the servers */
export async function startSentinel(options: RedisOptions = {}): Promise<RedisSentinel> {
  const started: RedisServer[] = []
  const start = async (more: RedisOptions) => {
    const server = await startRedis(more)
    started.push(server)
    return server
  }
  const stop = async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()))
  }
  try {
    const first = await start(options)
    const replica = { ...options, args: [...(options.args ?? []), '--replicaof', `127.0.0.1 ${first.port}`] }
    const servers = [first, ...(await Promise.all([start(replica), start(replica)]))]
    const sentinels = await Promise.all([1, 2, 3].map(() => start({ argsOf: sentinelArgs(first.port) })))
    const primary = async () => {
      const address = await sentinels[0]?.cli('sentinel', 'get-master-addr-by-name', MASTER)
      const port = Number(address?.split('\n')[1])
      const server = servers.find((one) => one.port === port)
      if (!server) throw new Error(`Sentinel names a primary that is none of ours: ${address}`)
      return server
    }
    const failedOver = (from: RedisServer) =>
      eventually(
        async () => {
          const now = await primary()
          if (now === from || !(await now.cli('role')).startsWith('master')) throw new Error('no other primary yet')
          return now
        },
        { within: 20_000, every: 50 },
      )
    await eventually(() => demandReady(first, sentinels), { within: 20_000, every: 100 })
    return {
      url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${MASTER}`,
      servers,
      sentinels,
      primary,
      failedOver,
      failover: async () => {
        const from = await primary()
        await sentinels[0]?.cli('sentinel', 'failover', MASTER)
        return failedOver(from)
      },
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A Sentinel is told everything in its file, which it also writes to. */
const sentinelArgs = (primaryPort: number) => async (folder: string, port: number) => {
  const file = join(folder, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    'daemonize no',
    `sentinel monitor ${MASTER} 127.0.0.1 ${primaryPort} 2`,
    `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER} 10000`,
    `sentinel parallel-syncs ${MASTER} 2`,
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return [file, '--sentinel']
}

async function demandReady(primary: RedisServer, sentinels: readonly RedisServer[]): Promise<void> {
  const replication = await primary.cli('info', 'replication')
  if (replication.match(/state=online/g)?.length !== 2) throw new Error('the replicas are not there yet')
  for (const sentinel of sentinels) {
    const status = await sentinel.cli('info', 'sentinel')
    if (!/status=ok,.*slaves=2,sentinels=3/.test(status)) throw new Error('the Sentinels do not know one another yet')
  }
}
