import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as openSocket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { familyOf } from '../measure/family.ts'
import { type Seat, seated } from './cores.ts'

export interface RunningProcess {
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

export interface ProcessStart {
  name: string
  seat: Seat
  command: readonly string[]
  port: number
  env?: Record<string, string>
  cwd?: string
  /** Whether it can be used by now; by default, whether its port accepts connections. */
  ready?: (port: number) => Promise<boolean>
}

const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 5_000

const running = new Set<ChildProcess>()
// Whatever ends the benchmark ends what it started, and what that has started.
process.on('exit', () => {
  const pids = [...running].flatMap(({ pid }) => (pid === undefined ? [] : familyOf(pid)))
  for (const pid of pids) process.kill(pid, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

/** Starts a process and resolves once it can be used; rejects with what it wrote on stderr. */
export async function startProcess({
  name,
  seat,
  command,
  port,
  env,
  cwd,
  ready = accepts,
}: ProcessStart): Promise<RunningProcess> {
  const [file = '', ...args] = seated(seat, command)
  const child = spawn(file, args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000)
  })
  child.once('exit', () => running.delete(child))
  await once(child, 'spawn')

  const deadline = performance.now() + START_LIMIT_MS
  while (!(await ready(port))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} did not start:\n${complaint}`)
    if (performance.now() > deadline) throw new Error(`${name} does not get ready:\n${complaint}`)
    await sleep(50)
  }
  // taskset replaces itself by the command, so this is the server's own id.
  return { pid: child.pid as number, port, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  await exited
  clearTimeout(kill)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
