import { describe, expect, it } from 'vitest'
import { TEXT_LIMITS } from '../../server/challenge/limits.ts'
import { call } from '../support/http-client.ts'
import { expectRefusedFields } from './expect-problem.ts'
import { type CurrentHubs, decide, open } from './hubs.ts'

const text = (length: number) => 'x'.repeat(length)
const times = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at))
const claims = (count: number) => times(count, (at) => ({ name: `claim ${at}`, value: 'v' }))
const CONTROLS = ['\0', '\t', '\n', '\r', '\u001f', '\u007f', '\u0085', '\u009f']
const OVERRIDES = [...'\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069']
const NO_NUMBERS = ['', ' 5', '5 ', '+5', '-5', '1e2', '0x5', '5.0', '٥', 'five', null, true, [5], { 5: 5 }]

/** A field, what is taken there, and what is not; `within` has the path that is named before the whole field's value. */
interface Row {
  readonly field: string
  readonly good: readonly unknown[]
  readonly bad: readonly unknown[]
  readonly within?: readonly (readonly [path: string, value: unknown])[]
}

const STATUS: Row = {
  field: 'challengeStatus',
  good: ['x', text(50), 'approved', 'my own word', '承'.repeat(50), '__proto__', '<b>', 'null'],
  bad: ['', text(51), null, 5, true, {}, ['started'], ...CONTROLS.map((control) => `a${control}b`)],
}
const COMPLETE: Row = { field: 'isChallengeComplete', good: [true, false], bad: ['true', 'false', 1, 0, null, {}, ''] }
const FLOW: Row = {
  field: 'updatedByFlowId',
  good: ['x', text(100)],
  bad: ['', text(101), null, 5, {}, ...CONTROLS.map((control) => `a${control}b`)],
}
const CLAIMS: Row = {
  field: 'claimsNameValuePairs',
  good: [
    [],
    claims(50),
    [{ name: text(100), value: text(1_000) }],
    [{ name: '__proto__', value: '' }],
    [
      { name: 'a', value: 'same' },
      { name: 'A', value: 'same' },
    ],
  ],
  bad: [claims(51), null, {}, 'name=value'],
  within: [
    ['claimsNameValuePairs.0', ['a']],
    ['claimsNameValuePairs.0.name', [{ name: '', value: 'v' }]],
    ['claimsNameValuePairs.0.name', [{ name: text(101), value: 'v' }]],
    ['claimsNameValuePairs.0.name', [{ name: 5, value: 'v' }]],
    ['claimsNameValuePairs.0.name', [{ value: 'v' }]],
    ['claimsNameValuePairs.0.value', [{ name: 'a', value: text(1_001) }]],
    ['claimsNameValuePairs.0.value', [{ name: 'a', value: 5 }]],
    ['claimsNameValuePairs.0.value', [{ name: 'a', value: null }]],
    ['claimsNameValuePairs.0.value', [{ name: 'a' }]],
    ['claimsNameValuePairs.1.type', [claims(1)[0], { name: 'a', value: 'v', type: 't' }]],
    ['claimsNameValuePairs.2.name', [...claims(2), claims(1)[0]]],
  ],
}
const shownTexts = ['display.title', 'display.message', 'display.fields.0.label', 'display.fields.0.value'] as const

/** A display with one text in one place. */
function displaying(path: (typeof shownTexts)[number], shown: unknown): object {
  const key = path.split('.').at(-1) ?? ''
  if (!path.includes('fields')) return { title: 't', [key]: shown }
  return { title: 't', fields: [{ label: 'l', value: 'v', [key]: shown }] }
}

const CREATE: readonly Row[] = [
  STATUS,
  COMPLETE,
  FLOW,
  CLAIMS,
  {
    field: 'challengeTimeout',
    good: [1, 86_400, '1', '86400'],
    bad: [0, 86_401, -1, 1.5, '0', '86401', ...NO_NUMBERS],
  },
  {
    field: 'approver',
    good: ['x', text(TEXT_LIMITS.user)],
    bad: ['', text(TEXT_LIMITS.user + 1), null, 5, {}, 'a\0b'],
  },
  { field: 'numberMatching', good: [2, 6, '2', '6'], bad: [0, 1, 3, 4, 5, 7, '4', '02', ' 2', '', true, null, [2]] },
  {
    field: 'display',
    good: [
      { title: 't' },
      { title: 't', fields: [] },
      { title: 't', fields: times(TEXT_LIMITS.fields, () => ({ label: 'l', value: 'v' })) },
      displaying('display.message', 'two\nlines'),
      displaying('display.title', '<script>alert(1)</script>'),
      ...shownTexts.map((path) => displaying(path, 'שלום 承認 👩‍👩‍👧')),
      displaying('display.title', text(TEXT_LIMITS.title)),
      displaying('display.message', text(TEXT_LIMITS.message)),
      displaying('display.fields.0.label', text(TEXT_LIMITS.label)),
      displaying('display.fields.0.value', text(TEXT_LIMITS.value)),
    ],
    bad: [null, 'title', []],
    within: [
      ['display.title', {}],
      ['display.colour', { title: 't', colour: 'red' }],
      ['display.fields', { title: 't', fields: {} }],
      ['display.fields', { title: 't', fields: times(TEXT_LIMITS.fields + 1, () => ({ label: 'l', value: 'v' })) }],
      ['display.fields.0.icon', { title: 't', fields: [{ label: 'l', value: 'v', icon: 'i' }] }],
      ['display.fields.0.value', { title: 't', fields: [{ label: 'l' }] }],
      ['display.title', displaying('display.title', text(TEXT_LIMITS.title + 1))],
      ['display.message', displaying('display.message', text(TEXT_LIMITS.message + 1))],
      ['display.fields.0.label', displaying('display.fields.0.label', text(TEXT_LIMITS.label + 1))],
      ['display.fields.0.value', displaying('display.fields.0.value', text(TEXT_LIMITS.value + 1))],
      ...shownTexts.flatMap((path) =>
        [
          '',
          null,
          5,
          ...OVERRIDES.map((turn) => `pay ${turn}21`),
          ...CONTROLS.filter((control) => control !== '\n'),
        ].map((shown) => [path, displaying(path, shown)] as const),
      ),
    ],
  },
]

const DECISION: readonly Row[] = [
  {
    field: 'decision',
    good: ['approve', 'deny'],
    bad: ['', 'approved', 'Approve', 'denied', null, true, 1, ['approve']],
  },
  {
    field: 'number',
    good: ['1', '000000', 7, 123_456],
    bad: ['', '1234567', 'ab', '1 ', '+1', '٥', 1_234_567, -1, 1.5, null, true, [1]],
  },
  {
    field: 'reason',
    good: ['x', text(TEXT_LIMITS.reason), 'two\nlines'],
    bad: ['', text(TEXT_LIMITS.reason + 1), null, 5, 'a\0b', 'pay \u202e21'],
  },
  { field: 'signature', good: ['', text(TEXT_LIMITS.signature)], bad: [text(TEXT_LIMITS.signature + 1), null, 5, {}] },
]

export function describeLimits(hubs: CurrentHubs): void {
  describe('a new challenge', () => {
    const create = (body: object) => call(hubs().one, 'POST', '/v1/challenges', { token: hubs().one.backend(), body })
    describeRows(CREATE, 201, create)
  })

  describe('an update', () => {
    const update = async (body: object) => {
      const { one } = hubs()
      const { challenge } = await open(one)
      return call(one, 'PATCH', `/v1/challenges/${challenge}`, { token: one.backend(), body })
    }
    describeRows([STATUS, COMPLETE, FLOW, CLAIMS], 200, update)

    it.each(['challengeTimeout', 'approver', 'display', 'numberMatching', 'expiresDate', 'version', 'updateByFlowId'])(
      'does not take %s',
      async (field) => expectRefusedFields(await update({ [field]: 1 }), field),
    )
  })

  describe('a decision', () => {
    const answer = async (body: object) => {
      const { one } = hubs()
      const { challenge } = await open(one, { approver: 'lea' })
      const reply = await decide(one, challenge, { decision: 'approve', ...body }, one.approver('lea'))
      if (reply.status !== 200) await decide(one, challenge, { decision: 'deny' }, one.approver('lea'))
      return reply
    }
    describeRows(DECISION, 200, answer)
  })
}

function describeRows(rows: readonly Row[], created: number, send: (body: object) => ReturnType<typeof call>): void {
  it.each(rows.map((row) => [row.field, row] as const))('takes %s up to its limits', async (field, { good }) => {
    const replies = await Promise.all(good.map((value) => send({ [field]: value })))
    const refused = replies.flatMap(({ status, text }, at) => (status === created ? [] : [{ value: good[at], text }]))
    expect(refused).toEqual([])
  })

  it.each(rows.map((row) => [row.field, row] as const))('takes no %s beyond them, and names it', async (field, row) => {
    const wrong = [...row.bad.map((value) => [field, value] as const), ...(row.within ?? [])]
    const replies = await Promise.all(wrong.map(([, value]) => send({ [field]: value })))
    for (const [at, reply] of replies.entries()) expectRefusedFields(reply, wrong[at]?.[0] ?? '')
  })

  it('names every wrong field at once', async () => {
    const wrong = Object.fromEntries(rows.map(({ field }) => [field, {}]))
    const fields = rows.map(({ field }) => (field === 'display' ? 'display.title' : field))
    expectRefusedFields(await send({ ...wrong, surprise: 1 }), ...fields, 'surprise')
  })
}
