import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hub } from './contenders/hub.ts'
import { naive } from './contenders/rivals.ts'
import { Ledger } from './load/ledger.ts'
import { type CpuProfile, heaviest, toLocation, toModule } from './measure/cpu-profile.ts'
import { compileRivals } from './run/compile.ts'
import { takeGeneratorSeat } from './run/cores.ts'
import { startRedis } from './run/redis.ts'
import { churnLifecycles } from './workloads/lifecycle-churn.ts'

// `tsx test/bench/profile.ts [naive]`: where a server's CPU goes under lifecycle churn. Shares are of its busy time,
// by what was running at the sample (self), and by what was anywhere on the stack (with all it called).

const WARM_UP = 1_000
const LIFECYCLES = 6_000
const LINES = 15

const contender = process.argv.includes('naive') ? naive : hub

takeGeneratorSeat()
await compileRivals()
const directory = await mkdtemp(join(tmpdir(), 'assent-profile-'))
const redis = await startRedis()
const product = await contender.start(redis, ['--cpu-prof', `--cpu-prof-dir=${directory}`])
const ledger = new Ledger()
await churnLifecycles(product, ledger, { count: WARM_UP, atOnce: contender.inFlight })
const from = monotonicMicros()
await churnLifecycles(product, ledger, { count: LIFECYCLES, atOnce: contender.inFlight })
const to = monotonicMicros()
await product.stop()
await redis.stop()

const [file] = await readdir(directory)
if (file === undefined) throw new Error('the server wrote no profile: did it end by itself on SIGTERM?')
const path = join(directory, file)
const profile = JSON.parse(await readFile(path, 'utf8')) as CpuProfile

print('modules, self', heaviest(profile, { from, to, by: toModule }))
print('functions, self', heaviest(profile, { from, to, by: toLocation }))
print(
  'functions, with all they call',
  heaviest(profile, {
    from,
    to,
    by: toLocation,
    wholeStack: true,
    only: ({ url }) => url !== '' && !url.startsWith('node:'),
  }),
)
console.log(`\n${path}`)

function print(title: string, lines: [string, number][]): void {
  console.log(`\n${contender.name}: ${title}`)
  for (const [name, share] of lines.slice(0, LINES)) console.log(`${(100 * share).toFixed(1).padStart(6)} %  ${name}`)
}

/** The clock V8 stamps its profiles with. */
function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}
