import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from '../../support/free-port.ts'
import { startProcess } from './child-process.ts'

export interface BenchRedis {
  readonly pid: number
  readonly url: string
  readonly version: string
  /** Empty, as every contender finds it. */
  flush(): Promise<void>
  stop(): Promise<void>
}

/** A redis-server of the benchmark's own: nothing saved, nothing shared, gone afterwards. */
export async function startRedis(): Promise<BenchRedis> {
  const port = await freePort()
  const cwd = await mkdtemp(join(tmpdir(), 'assent-bench-'))
  const command = ['redis-server', '--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no']
  const server = await startProcess({ name: 'redis-server', seat: 'generator', command, port, cwd })
  const client = new Redis(port, '127.0.0.1')
  const version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown'
  return {
    pid: server.pid,
    url: `redis://127.0.0.1:${port}`,
    version,
    flush: async () => {
      await client.flushall()
    },
    stop: async () => {
      client.disconnect()
      await server.stop()
      await rm(cwd, { recursive: true, force: true })
    },
  }
}
