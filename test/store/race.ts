/** `npm run race`: 10,000 rounds of "watch while another instance commits" per delay of the subscriber link. */
import { ensureTools } from '../support/tools.ts'
import { openWorld } from './redis-world.ts'
import { percentile, type RaceResult, raceWatchAgainstCommit } from './watch-race.ts'

const ROUNDS = 10_000
const IN_FLIGHT = 64
/** Milliseconds. */
const DELAYS = [0, 2, 10]

ensureTools()
let isRed = false
for (const delay of DELAYS) {
  const result = await raceWithDelay(delay)
  if (result.lost > 0 || result.reordered > 0) isRed = true
  console.log(toLine(delay, result))
}
process.exitCode = isRed ? 1 : 0

async function raceWithDelay(delay: number): Promise<RaceResult> {
  await using world = await openWorld()
  world.news.delay(delay)
  return await raceWatchAgainstCommit({
    watcher: world.one,
    committer: world.other,
    rounds: ROUNDS,
    inFlight: IN_FLIGHT,
    seed: delay + 1,
  })
}

function toLine(delay: number, { rounds, lost, reordered, repeated, latencies, seconds }: RaceResult): string {
  const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => percentile(latencies, share).toFixed(1))
  return (
    `subscriber link ${String(delay).padStart(2)} ms late: ${rounds} rounds, ${lost} lost, ${reordered} reordered, ` +
    `commit to heard p50 ${p50} ms, p99 ${p99} ms, longest ${worst} ms, in ${seconds.toFixed(1)} s${repeated > 0 ? ` (busy machine: ${repeated} rounds repeated)` : ''}`
  )
}
