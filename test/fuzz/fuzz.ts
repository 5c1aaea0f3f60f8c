import { parseArgs } from 'node:util'
import { ensureBuilt } from '../support/built.ts'
import { wholeNumber } from '../support/whole-number.ts'
import { runFuzz } from './run-fuzz.ts'

/*
 * npm run fuzz [-- --seed 7 --inputs 100000]
 * To see one breach again: npm run fuzz -- --seed 7 --batch 123
 */
const { values } = parseArgs({
  options: { seed: { type: 'string' }, inputs: { type: 'string', default: '100000' }, batch: { type: 'string' } },
})
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeNumber('seed', values.seed, 0)
const inputs = wholeNumber('inputs', values.inputs)
const batch = values.batch === undefined ? undefined : wholeNumber('batch', values.batch, 0)
const tell = (line: string) => void process.stdout.write(`${line}\n`)

ensureBuilt()
tell(`fuzz: seed=${seed}`)
const { breaches, line } = await runFuzz({ seed, inputs, batch, tell })
tell(line)
process.exit(breaches.length === 0 ? 0 : 1)
