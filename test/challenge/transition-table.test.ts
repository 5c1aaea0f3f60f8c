import { describe, expect, it } from 'vitest'
import type { Action } from '../../server/challenge/action.ts'
import type { Challenge } from '../../server/challenge/challenge.ts'
import { transition } from '../../server/challenge/transition.ts'
import { ADA, approve, deny, EVE, EXPIRE, expected, LIFE, OPENED, sample, update } from './samples.ts'

const STATES = {
  started: sample(),
  scanned: sample({ status: 'scanned', version: 4, statusVersion: 3 }),
  'for backends': sample({ approver: undefined }),
  'number 07': sample(expected('07')),
  'number 07, last try': sample(expected('07', 1)),
  'approved by ada': sample({ status: 'approved', complete: true, version: 2, statusVersion: 2, decidedBy: ADA }),
  'denied by ada': sample({ status: 'denied', complete: true, version: 2, statusVersion: 2, decidedBy: ADA }),
  'approved by a backend': sample({ status: 'approved', complete: true, version: 2, statusVersion: 2 }),
  'ended as paid': sample({ status: 'paid', complete: true, version: 3, statusVersion: 3 }),
  'timed out': sample({ status: 'timed_out', complete: true, version: 2, statusVersion: 2 }),
  overdue: sample({ expiresAt: OPENED + 10_000 }),
} satisfies Record<string, Challenge>

const ACTIONS = {
  'update nothing': update({}),
  'update started': update({ status: 'started' }),
  'update scanned': update({ status: 'scanned' }),
  'update approved': update({ status: 'approved' }),
  'update complete': update({ complete: true }),
  'update not complete': update({ complete: false }),
  'update paid, complete': update({ status: 'paid', complete: true }),
  'update claims': update({ claims: [{ name: 'amount', value: '12' }] }),
  'update flow': update({ updatedByFlowId: 'flow-2' }),
  approve: approve(),
  'approve 07': approve({ number: '07' }),
  'approve 70': approve({ number: '70' }),
  deny: deny(),
  'approve by eve': approve({ by: EVE }),
  'deny by eve': deny({ by: EVE }),
  expire: EXPIRE,
} satisfies Record<string, Action>

type State = keyof typeof STATES
type Row = readonly [State, ...string[]]

/**
 * One row per state: for each action, in the order above, what becomes of the status (`=`: nothing changes at all; a
 * word: the status with one more version; `!`: complete), and after a slash the refusal.
 */
const NOT_FOUND = '= / challenge_not_found'
const COMPLETE = '= / challenge_complete'
const LATE = 'timed_out! / challenge_complete'
const MISSING = '= / number_missing'
const TABLE: readonly Row[] = [
  // biome-ignore format: a table is read in columns
  ['started', '=', '=', 'scanned', 'approved', 'started!', '=', 'paid!', 'started', 'started',
    'approved!', 'approved!', 'approved!', 'denied!', NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['scanned', '=', 'started', '=', 'approved', 'scanned!', '=', 'paid!', 'scanned', 'scanned',
    'approved!', 'approved!', 'approved!', 'denied!', NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['for backends', '=', '=', 'scanned', 'approved', 'started!', '=', 'paid!', 'started', 'started',
    NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['number 07', '=', '=', 'scanned', 'approved', 'started!', '=', 'paid!', 'started', 'started',
    MISSING, 'approved!', 'started / number_mismatch', 'denied!', NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['number 07, last try', '=', '=', 'scanned', 'approved', 'started!', '=', 'paid!', 'started', 'started',
    MISSING, 'approved!', 'denied! / number_mismatch', 'denied!', NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['approved by ada', COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE,
    '=', '=', '=', COMPLETE, NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['denied by ada', COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE,
    COMPLETE, COMPLETE, COMPLETE, '=', NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['approved by a backend', COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE,
    COMPLETE, COMPLETE, COMPLETE, COMPLETE, NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['ended as paid', COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE,
    COMPLETE, COMPLETE, COMPLETE, COMPLETE, NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['timed out', COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE, COMPLETE,
    COMPLETE, COMPLETE, COMPLETE, COMPLETE, NOT_FOUND, NOT_FOUND, '='],
  // biome-ignore format: a table is read in columns
  ['overdue', LATE, LATE, LATE, LATE, LATE, LATE, LATE, LATE, LATE,
    LATE, LATE, LATE, LATE, NOT_FOUND, NOT_FOUND, 'timed_out!'],
]

/** When all actions come. Before every deadline but that of `overdue`. */
const NOW = OPENED + 20_000

const actions = Object.entries(ACTIONS)
const cells = TABLE.flatMap(([state, ...row]) =>
  actions.map(([name, action], at) => [state, name, row[at] ?? 'nothing in the table', action] as const),
)

describe('every action on every state', () => {
  it('is in the table', () => {
    expect(TABLE.map(([state]) => state)).toEqual(Object.keys(STATES))
    for (const [state, ...row] of TABLE) expect({ state, cells: row.length }).toEqual({ state, cells: actions.length })
  })

  it.each(cells)('%s, %s: %s', (state, _name, cell, action) => {
    const before = STATES[state]
    expect(inWords(before, action)).toBe(cell)
  })

  it('changes nothing of what it is given', () => {
    for (const [state, before] of Object.entries(STATES)) {
      const copy = structuredClone(before)
      for (const [name, action] of actions) {
        transition(before, action, NOW)
        expect(before, `${name} on ${state}`).toEqual(copy)
      }
    }
  })
})

function inWords(before: Challenge, action: Action): string {
  const { challenge, refusal } = transition(before, action, NOW)
  const words = [change(before, challenge), ...(refusal ? [refusal.code] : [])]
  return words.join(' / ')
}

function change(before: Challenge, after: Challenge): string {
  if (after === before) return '='
  if (after.version !== before.version + 1) return `${after.version - before.version} versions more`
  return after.status + (after.complete ? '!' : '')
}

describe('the end', () => {
  const ended = Object.entries(STATES).filter(([, state]) => state.complete)
  const times = [OPENED, NOW, OPENED + LIFE - 1, OPENED + LIFE, OPENED + 10 * LIFE]

  it.each(ended)('"%s" stays the very same object, whatever comes and whenever', (_name, before) => {
    for (const [, action] of actions) {
      for (const now of times) expect(transition(before, action, now).challenge).toBe(before)
    }
  })
})
