import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { lifeline } from './lifeline.ts'

const MAIN = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url))

/** A hub as users run it: the compiled process. */
export interface HubProcess {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** How it ended, once it has: an exit code or a signal's name. */
  readonly ended: Promise<number | string>
  /** SIGKILL: no goodbye to anyone. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface HubProcessOptions {
  /** Default: a free one. */
  readonly port?: number
  /** Another build's `main.js`. */
  readonly main?: string | undefined
  /** Told all it writes, as it comes. */
  readonly onOutput?: ((chunk: Buffer) => void) | undefined
  /** How long it may take until it is ready. Milliseconds. */
  readonly readyWithin?: number
}

/** Starts one on 127.0.0.1, by default on the memory store, and waits until it is ready. */
export async function spawnHub(
  environment: Record<string, string> = {},
  { port, main = MAIN, onOutput, readyWithin = 10_000 }: HubProcessOptions = {},
): Promise<HubProcess> {
  const at = port ?? (await freePort())
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(at), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log: string | undefined = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      if (log !== undefined) log += chunk
      onOutput?.(chunk)
    })
  }
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  )
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  if (child.pid !== undefined) child.once('exit', lifeline(child.pid))
  const url = `http://127.0.0.1:${at}`
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
  log = undefined
  const end = async (signal: NodeJS.Signals) => {
    if (hasEnded(child)) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
  return { url, port: at, pid: child.pid ?? 0, ended, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
