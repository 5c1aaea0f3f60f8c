import { parseArgs } from 'node:util'
import { wholeNumber } from '../support/whole-number.ts'
import { type HerdResult, runHerd } from './run-herd.ts'

/*
 * `npm run herd`: ten thousand pages lose their instance in one moment. `-- --pages=2000` for fewer, `-- --per-second=500`
 * for an instance that takes fewer. Ends with one line, and with 1 unless everyone is back within 20 s and the limit held.
 */

const { values } = parseArgs({
  options: { pages: { type: 'string', default: '10000' }, 'per-second': { type: 'string', default: '1000' } },
})
const pages = wholeNumber('pages', values.pages)
const perSecond = wholeNumber('per-second', values['per-second'])

const result = await runHerd({ pages, perSecond, within: 20 })
console.log(toLine(result))
process.exit(result.isGood ? 0 : 1)

function toLine(herd: HerdResult): string {
  const { overloaded = 0, 503: bare = 0, ...others } = herd.sentAway
  const otherwise = Object.entries(others).map(([how, count]) => ` ${how}=${count}`)
  return (
    `herd: pages=${herd.pages} back=${herd.back} half_s=${herd.half.toFixed(1)} last_s=${herd.last.toFixed(1)} ` +
    `overloaded=${overloaded} bare_503=${bare}${otherwise.join('')} polled=${herd.fellBack} heard=${herd.heard}/${herd.changed} ` +
    `busiest_second=${herd.busiestSecond} limit=${herd.perSecond} (seen by the pages: ${herd.seenInASecond})`
  )
}
