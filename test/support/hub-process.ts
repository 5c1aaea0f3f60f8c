import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { lifeline } from './lifeline.ts'

const MAIN = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url))

/** How a process ended: its exit code, or the name of the signal that ended it. */
export type Ending = number | string

/** A hub as users run it: the compiled process. */
export interface HubProcess {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Everything it has written so far. */
  readonly log: string
  readonly hasEnded: boolean
  /** Resolves once it has ended. */
  readonly ended: Promise<Ending>
  signal(signal: NodeJS.Signals): void
  /** SIGKILL: no goodbye to anyone. */
  kill(): Promise<void>
  /** SIGTERM. */
  stop(): Promise<Ending>
}

export interface HubProcessOptions {
  /** Another build's `main.js`. */
  readonly main?: string | undefined
  /** Such as `--expose-gc`. */
  readonly nodeArguments?: readonly string[]
  /** Told all it writes, as it comes. */
  readonly onOutput?: ((chunk: Buffer) => void) | undefined
  /** How long it may take until it is ready. Milliseconds. */
  readonly readyWithin?: number
}

/** Starts one on 127.0.0.1, on a free port or on `PORT`, by default on the memory store, and waits until it is ready. */
export async function spawnHub(
  environment: Record<string, string> = {},
  { main = MAIN, nodeArguments = [], onOutput, readyWithin = 10_000 }: HubProcessOptions = {},
): Promise<HubProcess> {
  const port = Number(environment.PORT ?? (await freePort()))
  const child = spawn(process.execPath, [...nodeArguments, main], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk
      onOutput?.(chunk)
    })
  }
  const ended = new Promise<Ending>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  )
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  if (child.pid !== undefined) child.once('exit', lifeline(child.pid))
  const url = `http://127.0.0.1:${port}`
  const isReady = async () => {
    if (failure) throw failure
    if (hasEnded(child)) throw new Error(`the hub ended before it was ready:\n${log}`)
    return (await fetch(`${url}/readyz`)).ok
  }
  try {
    await eventually(isReady, { within: readyWithin, every: 50 })
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  const end = (signal: NodeJS.Signals) => {
    if (!hasEnded(child)) child.kill(signal)
    return ended
  }
  return {
    url,
    port,
    pid: child.pid ?? 0,
    get log() {
      return log
    },
    get hasEnded() {
      return hasEnded(child)
    },
    ended,
    signal: (signal) => void child.kill(signal),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
