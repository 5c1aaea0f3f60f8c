import type { Turn } from './plan.ts'
import { Results } from './results.ts'
import type { BenchRedis } from './run/redis.ts'
import type { Sizes } from './sizes.ts'
import { takeTurn } from './take-turn.ts'

export interface Rounds {
  readonly results: Results
  /** A sentence for each turn that came to nothing: half an hour's figures are not thrown away because of one. */
  readonly failed: readonly string[]
}

/** All turns, round after round, each of which is kept at once. Nobody is always first, nobody always follows the same rival. */
export async function runRounds(
  turns: readonly Turn[],
  redis: BenchRedis,
  sizes: Sizes,
  tell: (line: string) => void,
  keep: (results: Results) => Promise<void>,
): Promise<Rounds> {
  const results = new Results()
  const failed: string[] = []
  const began = performance.now()
  for (let round = 0; round < sizes.rounds; round++) {
    for (const turn of rotated(turns, round)) {
      const { name } = turn.contender
      const seconds = Math.round((performance.now() - began) / 1e3)
      tell(`${seconds} s: round ${round + 1} of ${sizes.rounds}: ${name}, ${turn.workloads.join(', ')}`)
      try {
        results.add(round, name, await takeTurn(turn, redis, sizes))
      } catch (error) {
        failed.push(`${name} failed in round ${round + 1}: ${error instanceof Error ? error.message : error}`)
        tell(failed.at(-1) ?? '')
      }
    }
    await keep(results)
  }
  return { results, failed }
}

function rotated(turns: readonly Turn[], round: number): Turn[] {
  const by = round % turns.length
  return [...turns.slice(by), ...turns.slice(0, by)]
}
