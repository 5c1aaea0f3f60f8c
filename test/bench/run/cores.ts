import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Servers alone on one core; the load generator, which waits more than it works, shares the other with Redis. */
const SERVER_CORE = 1
const GENERATOR_CORE = 0

export type Seat = 'server' | 'generator'

const pinning = availableParallelism() >= 2 && hasTaskset()

/** The command line that starts `command` in its seat; unchanged where cores cannot be pinned. */
export function seated(seat: Seat, command: readonly string[]): string[] {
  return pinning ? ['taskset', '-c', String(coreOf(seat)), ...command] : [...command]
}

/** Moves this process, every thread of it, to the generator's core. */
export function takeGeneratorSeat(): void {
  pinTo('generator', process.pid)
}

/** Moves a process, every thread of it, to its seat. */
export function pinTo(seat: Seat, pid: number): void {
  if (pinning) execFileSync('taskset', ['-acp', String(coreOf(seat)), String(pid)], { stdio: 'ignore' })
}

export function describeSeats(): string {
  return pinning
    ? `server on core ${SERVER_CORE}; load generator and redis-server on core ${GENERATOR_CORE}`
    : 'cores not pinned (needs taskset and two cores)'
}

function coreOf(seat: Seat): number {
  return seat === 'server' ? SERVER_CORE : GENERATOR_CORE
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
