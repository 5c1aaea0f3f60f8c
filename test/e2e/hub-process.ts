import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { lifeline } from '../support/lifeline.ts'

const MAIN = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url))

/** A hub as users run it: the compiled process. */
export interface HubProcess {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Resolves once it has ended, with its exit code; null: a signal ended it. */
  readonly ended: Promise<number | null>
  signal(signal: NodeJS.Signals): void
  /** Everything it has written so far. */
  readonly log: string
  readonly hasEnded: boolean
  /** SIGKILL: no goodbye to anyone. */
  kill(): Promise<void>
  /** SIGTERM. Resolves with its exit code; null: a signal ended it. */
  stop(): Promise<number | null>
}

/**
 * Starts one on a free port of 127.0.0.1, or on `PORT`, by default on the memory store, and waits until it is ready.
 * @param nodeArguments such as `--expose-gc`
 */
export async function spawnHub(
  environment: Record<string, string> = {},
  nodeArguments: readonly string[] = [],
): Promise<HubProcess> {
  const port = Number(environment.PORT ?? (await freePort()))
  const child = spawn(process.execPath, [...nodeArguments, MAIN], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log += chunk
    })
  }
  if (child.pid !== undefined) child.once('exit', lifeline(child.pid))
  const url = `http://127.0.0.1:${port}`
  const isReady = async () => {
    if (hasEnded(child)) throw new Error(`the hub ended before it was ready:\n${log}`)
    return (await fetch(`${url}/readyz`)).ok
  }
  await eventually(isReady, { within: 10_000, every: 50 })
  const end = async (signal: NodeJS.Signals) => {
    if (!hasEnded(child)) child.kill(signal)
    await ended
    return child.exitCode
  }
  return {
    url,
    port,
    pid: child.pid ?? 0,
    ended,
    signal: (signal) => void child.kill(signal),
    get log() {
      return log
    },
    get hasEnded() {
      return hasEnded(child)
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
