import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DEFAULT_LIMITS, LIMIT_NAMES, limitVariable } from '../../server/limits/settings.ts'

const WIRE = readFileSync(new URL('../../server/protocol/README.md', import.meta.url), 'utf8')

it('every limit stands in the documentation, with its default, and no other', () => {
  const table = WIRE.slice(WIRE.indexOf('## Limits'))
  const rows = [...table.matchAll(/^\| `([A-Z_]+)` \| ([\d,]+) \|/gm)]
  const told = rows.map(([, name, number = '']) => [`LIMIT_${name}`, Number(number.replaceAll(',', ''))])
  const known = LIMIT_NAMES.map((name) => [limitVariable(name), DEFAULT_LIMITS[name]])
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(known))
})
