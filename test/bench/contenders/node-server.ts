import { freePort } from '../../support/free-port.ts'
import { type RunningProcess, startProcess } from '../run/child-process.ts'
import { COMPILED } from '../run/compile.ts'
import type { BenchRedis } from '../run/redis.ts'

export interface NodeServerStart {
  name: string
  script: string
  redis: BenchRedis
  nodeOptions?: readonly string[] | undefined
  env?: Record<string, string>
  ready?: (port: number) => Promise<boolean>
}

/** A server on Node, on the servers' core. */
export async function startNodeServer({
  name,
  script,
  redis,
  nodeOptions = [],
  env,
  ready,
}: NodeServerStart): Promise<RunningProcess> {
  const port = await freePort()
  return startProcess({
    name,
    seat: 'server',
    command: [process.execPath, '--expose-gc', '--import', COMPILED.collectOnSignal, ...nodeOptions, script],
    port,
    env: { NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), REDIS_URL: redis.url, ...env },
    ...(ready && { ready }),
  })
}
