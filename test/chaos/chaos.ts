import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureTools } from '../support/tools.ts'
import { readOptions } from './options.ts'
import type { RunReport } from './report.ts'
import { runChaos } from './run-chaos.ts'
import { writeReport } from './write-report.ts'

// `npm run chaos -- [--seed=N] [--only=name,name] [--pages=N] [--redis=standalone,…] [--mixed=N] [--hub=…/main.js]`

const options = readOptions(process.argv.slice(2))
ensureTools()
const folder = await mkdtemp(join(tmpdir(), 'assent-chaos-'))
const say = (line: string) => process.stderr.write(`${line}\n`)
say(`seed ${options.seed}; report in ${folder}`)

const runs: RunReport[] = []
for (const kind of options.redis) runs.push(await runChaos(kind, options, folder, say))
process.stdout.write(await writeReport(folder, options, runs))
process.exit(runs.every(({ broken }) => broken.length === 0) ? 0 : 1)
