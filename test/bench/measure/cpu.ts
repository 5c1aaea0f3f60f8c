import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Product } from '../contenders/contender.ts'
import { familyOf } from './family.ts'

const MICROS_PER_TICK = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** CPU time, in microseconds, that each side spent while something was done, and how long it took. */
export interface Cost {
  server: number
  redis: number
  generator: number
  wall: number
}

/** Starts measuring; the returned function tells the cost so far. */
export function meter(product: Product): () => Cost {
  const start = read(product)
  return () => {
    const now = read(product)
    return {
      server: now.server - start.server,
      redis: now.redis - start.redis,
      generator: now.generator - start.generator,
      wall: now.wall - start.wall,
    }
  }
}

/** How busy one core was, in percent. */
export function busy(cpu: number, cost: Cost): number {
  return (100 * cpu) / cost.wall
}

function read(product: Product): Cost {
  const own = process.cpuUsage()
  return {
    server: product.pids.flatMap(familyOf).reduce((sum, pid) => sum + cpuMicros(pid), 0),
    redis: cpuMicros(product.redisPid),
    generator: own.user + own.system,
    wall: performance.now() * 1e3,
  }
}

/** User and system time of a process, all its threads: fields 14 and 15 of /proc/<pid>/stat (proc(5)). */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field, the command's name, may hold spaces; counting starts after its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK
}
