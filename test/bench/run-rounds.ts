import type { Turn } from './plan.ts'
import { Results } from './results.ts'
import type { BenchRedis } from './run/redis.ts'
import type { Sizes } from './sizes.ts'
import { takeTurn } from './take-turn.ts'

/** All turns, round after round. Nobody is always first, nobody always follows the same rival. */
export async function runRounds(
  turns: readonly Turn[],
  redis: BenchRedis,
  sizes: Sizes,
  tell: (line: string) => void,
): Promise<Results> {
  const results = new Results()
  const began = performance.now()
  for (let round = 0; round < sizes.rounds; round++) {
    for (const turn of rotated(turns, round)) {
      const seconds = Math.round((performance.now() - began) / 1e3)
      tell(`${seconds} s: round ${round + 1} of ${sizes.rounds}: ${turn.contender.name}, ${turn.workloads.join(', ')}`)
      results.add(round, turn.contender.name, await takeTurn(turn, redis, sizes))
    }
  }
  return results
}

function rotated(turns: readonly Turn[], round: number): Turn[] {
  const by = round % turns.length
  return [...turns.slice(by), ...turns.slice(0, by)]
}
