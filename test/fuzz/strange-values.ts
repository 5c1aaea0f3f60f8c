import type { Dice } from './dice.ts'

/** Words that mean something to a program that does not look. */
const WORDS = [
  '',
  ' ',
  '\0',
  '\r\n',
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'then',
  'null',
  'undefined',
  'NaN',
  'true',
  '-1',
  '1e308',
  '99999999999999999999',
  '0x10',
  '٣',
  '../../etc/passwd',
  '..%2f..%2f',
  '%00',
  '%',
  '%zz',
  '%c0%ae',
  '#{7*7}',
  '{{7*7}}',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '\u202epay',
  '\ud800',
  '\udc00\ud800',
  '\ufeff',
  '👩‍👩‍👧',
  'İ',
  '*',
  'approved',
  'started',
] as const

const NUMBERS = [0, -0, 1, -1, 2, 6, 0.5, 1e21, 1e308, -1e308, 2 ** 31, 2 ** 53, 86_401, 42] as const

export function strangeWord(dice: Dice): string {
  const word = dice.pick(WORDS)
  return dice.chance(0.05) ? (word || 'x').repeat(dice.pick([2, 50, 101, 201, 1_001, 5_000])) : word
}

/** Any JSON value, of a size that can be told. */
export function strangeValue(dice: Dice, depth = 0): unknown {
  const kind = dice.below(depth > 2 ? 4 : 6)
  if (kind === 0) return strangeWord(dice)
  if (kind === 1) return dice.pick(NUMBERS)
  if (kind === 2) return dice.pick([null, true, false])
  if (kind === 3) return dice.pick([[], {}])
  const size = depth === 0 ? dice.pick([1, 2, 60]) : dice.between(1, 2)
  if (kind === 4) return Array.from({ length: size }, () => strangeValue(dice, depth + 1))
  return Object.fromEntries(Array.from({ length: size }, () => [strangeWord(dice), strangeValue(dice, depth + 1)]))
}

/** A body that means something, wrong in one or two places, as bytes. */
export function strangeJson(dice: Dice, meant: object): Buffer {
  const body: Record<string, unknown> = { ...meant }
  const names = [...Object.keys(body), 'surprise']
  for (let times = dice.below(3); times > 0; times--) body[dice.pick(names)] = strangeValue(dice)
  const json = JSON.stringify(body)
  const inside = json.slice(1, -1)
  return dice.weighed<() => Buffer>([
    [12, () => Buffer.from(json)],
    [1, () => Buffer.from(`{${inside}${inside && ','}"__proto__":{"isChallengeComplete":true}}`)],
    [1, () => Buffer.from(`{${inside}${inside && ','}${inside || '"a":1'}}`)],
    [1, () => Buffer.from(nested(dice, json))],
    [
      1,
      () =>
        Buffer.from(`{${inside}${inside && ','}"challengeTimeout":${dice.pick(['1e999', '-0', '1E400', '00', '.5'])}}`),
    ],
    [1, () => Buffer.from(JSON.stringify(strangeValue(dice)))],
    [1, () => Buffer.concat([Buffer.from('\ufeff'), Buffer.from(json)])],
    [1, () => Buffer.from(json, 'utf16le')],
    [1, () => Buffer.from(json.padEnd(dice.pick([65_535, 65_536, 65_537, 70_000])))],
    [2, () => Buffer.from(json.slice(0, dice.below(json.length)))],
    [2, () => Buffer.from(json.replace('"', `"${String.fromCharCode(0xff, 0xc3, 0xed)}`), 'latin1')],
    [2, () => dice.spoil(Buffer.from(json))],
  ])()
}

function nested(dice: Dice, json: string): string {
  const depth = dice.pick([10, 1_000, 10_000])
  const [open, close] = dice.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const)
  return open.repeat(depth) + json + (dice.chance(0.7) ? close.repeat(depth) : '')
}
