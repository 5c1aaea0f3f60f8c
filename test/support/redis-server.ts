import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { lifeline } from './lifeline.ts'
import { REDIS_CLI, REDIS_SERVER } from './tools.ts'

export interface RedisOptions {
  /** Keeps what it holds across `kill()` and `restart()`. */
  readonly appendonly?: boolean
  /** More of redis-server's own arguments, such as `['--replicaof', '127.0.0.1 7000']`. */
  readonly args?: readonly string[]
  /** All of them, for what is no ordinary server. */
  readonly argsOf?: (folder: string, port: number) => Promise<readonly string[]>
}

export interface RedisServer {
  readonly port: number
  readonly url: string
  /** The process as it runs now: another one after `restart()`. */
  readonly process: ChildProcess
  readonly pid: number
  /** Ends it in good order and removes its folder. */
  stop(): Promise<void>
  /** SIGKILL: no goodbye. `restart()` brings it back. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open and nobody answers. */
  freeze(): void
  thaw(): void
  /** Kills it if it runs, and starts it on the same port and folder. */
  restart(): Promise<void>
  /** What redis-cli prints. */
  cli(...args: readonly string[]): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

/** A real redis-server of our own on 127.0.0.1, on a free port, in a folder that goes with it. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'assent-redis-'))
  let { port, run } = await startOnFreePort(folder, options)

  const kill = async () => {
    if (!hasEnded(run.process)) run.process.kill('SIGKILL')
    await run.ended
  }
  const stop = async () => {
    // A frozen process hears SIGTERM only once it is thawed.
    run.process.kill('SIGCONT')
    run.process.kill('SIGTERM')
    const impatience = setTimeout(() => run.process.kill('SIGKILL'), 2_000)
    await run.ended
    clearTimeout(impatience)
    await rm(folder, { recursive: true, force: true })
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get process() {
      return run.process
    },
    get pid() {
      return run.pid
    },
    stop,
    kill,
    freeze: () => void run.process.kill('SIGSTOP'),
    thaw: () => void run.process.kill('SIGCONT'),
    restart: async () => {
      await kill()
      run = await start(port, folder, options)
    },
    cli: async (...args) => {
      const { stdout } = await promisify(execFile)(REDIS_CLI, ['-p', String(port), ...args], { timeout: 5_000 })
      return stdout.trimEnd()
    },
    [Symbol.asyncDispose]: stop,
  }
}

interface Run {
  readonly process: ChildProcess
  readonly pid: number
  readonly ended: Promise<void>
}

async function startOnFreePort(folder: string, options: RedisOptions): Promise<{ port: number; run: Run }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    try {
      return { port, run: await start(port, folder, options) }
    } catch (error) {
      // Between asking and listening someone else may have taken the port.
      if (tries >= 5 || !/Address already in use/.test(String(error))) {
        await rm(folder, { recursive: true, force: true })
        throw error
      }
    }
  }
}

async function start(port: number, folder: string, options: RedisOptions): Promise<Run> {
  const args = (await options.argsOf?.(folder, port)) ?? ownArgs(port, folder, options)
  const child = spawn(REDIS_SERVER, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  failed.catch(() => undefined)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  if (child.pid === undefined) return failed

  const release = lifeline(child.pid, folder)
  child.once('exit', release)
  let log: string | undefined = ''
  const ready = new Promise<void>((resolve) => {
    const read = (chunk: Buffer) => {
      if (log === undefined) return
      log += chunk
      if (/Ready to accept connections|Sentinel ID is/.test(log)) resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
  })
  const early = ended.then(() => {
    throw new Error(`redis-server ended before it was ready:\n${log}`)
  })
  early.catch(() => undefined)
  await Promise.race([ready, early, failed])
  log = undefined
  return { process: child, pid: child.pid, ended }
}

function ownArgs(port: number, folder: string, { appendonly = false, args = [] }: RedisOptions): string[] {
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--daemonize', 'no']
  return [...own, '--appendonly', appendonly ? 'yes' : 'no', ...args]
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
