import { describe, expect, it } from 'vitest'
import { GRACE_MS } from '../../server/challenge/challenge.ts'
import { isOverdue, transition } from '../../server/challenge/transition.ts'
import { ADA, approve, deny, EVE, EXPIRE, LIFE, OPENED, sample, update } from './samples.ts'

const DEADLINE = OPENED + LIFE
const LATER = OPENED + 5_000

describe('the deadline', () => {
  const TIMED_OUT = { status: 'timed_out', complete: true, version: 2, statusVersion: 2, statusUpdatedAt: DEADLINE }
  const actions = [
    ['an update', update({ status: 'approved', complete: true }), 'approved'],
    ['an approval', approve(), 'approved'],
    ['a denial', deny(), 'denied'],
  ] as const

  it.each(actions)('%s counts one millisecond before it', (_name, action, status) => {
    const { challenge, refusal } = transition(sample(), action, DEADLINE - 1)
    expect(refusal).toBeUndefined()
    expect(challenge).toMatchObject({ status, complete: true })
  })

  it.each(actions)('%s is too late at it, and the challenge has timed out', (_name, action) => {
    const { challenge, refusal } = transition(sample(), action, DEADLINE)
    expect(refusal).toEqual({ code: 'challenge_complete' })
    expect(challenge).toEqual(sample({ ...TIMED_OUT, purgeAt: DEADLINE + GRACE_MS }))
  })

  it('is not the end one millisecond before', () => {
    const before = sample()
    expect(transition(before, EXPIRE, DEADLINE - 1)).toEqual({ challenge: before })
    expect(isOverdue(before, DEADLINE - 1)).toBe(false)
  })

  it('is the end, without a refusal, for who asks for it', () => {
    expect(isOverdue(sample(), DEADLINE)).toBe(true)
    const { challenge, refusal } = transition(sample(), EXPIRE, DEADLINE)
    expect(refusal).toBeUndefined()
    expect(challenge).toEqual(sample({ ...TIMED_OUT, purgeAt: DEADLINE + GRACE_MS }))
    expect(isOverdue(challenge, DEADLINE)).toBe(false)
  })

  it('does not move, whatever is updated', () => {
    const change = { status: 'scanned', updatedByFlowId: 'f', claims: [{ name: 'a', value: 'b' }] }
    expect(transition(sample(), update(change), LATER).challenge.expiresAt).toBe(DEADLINE)
  })

  it('tells a stranger nothing: an overdue challenge is as unknown as any', () => {
    const overdue = sample()
    const told = transition(overdue, approve({ by: EVE }), DEADLINE)
    expect(told).toEqual({ challenge: overdue, refusal: { code: 'challenge_not_found' } })
  })
})

describe('a decision', () => {
  it.each([
    [approve({ reason: 'mine' }), 'approved'],
    [deny({ reason: 'mine' }), 'denied'],
  ] as const)('completes the challenge and keeps who and why', (action, status) => {
    const { challenge } = transition(sample({ version: 6, statusVersion: 3 }), action, LATER)
    const moved = { version: 7, status, complete: true, statusVersion: 7, statusUpdatedAt: LATER }
    expect(challenge).toEqual(sample({ ...moved, purgeAt: LATER + GRACE_MS, decidedBy: ADA, reason: 'mine' }))
  })

  it('keeps no reason when none is given', () => {
    expect(transition(sample(), deny(), LATER).challenge).not.toHaveProperty('reason')
  })

  it('is repeated without harm by the same person at the same device, and its first reason stands', () => {
    const { challenge } = transition(sample(), deny({ reason: 'first' }), LATER)
    expect(transition(challenge, deny({ reason: 'second' }), LATER + 1)).toEqual({ challenge })
    expect(transition(challenge, deny(), DEADLINE + 1)).toEqual({ challenge })
  })

  it('is not repeated by another device, nor turned round by its own', () => {
    const { challenge } = transition(sample(), approve(), LATER)
    const refusal = { code: 'challenge_complete' }
    expect(transition(challenge, approve({ by: { user: 'ada', device: 'tablet' } }), LATER)).toEqual({
      challenge,
      refusal,
    })
    expect(transition(challenge, deny(), LATER)).toEqual({ challenge, refusal })
  })

  it('of a complete challenge tells a stranger nothing', () => {
    const { challenge } = transition(sample(), approve(), LATER)
    const refusal = { code: 'challenge_not_found' }
    expect(transition(challenge, approve({ by: EVE }), LATER)).toEqual({ challenge, refusal })
  })

  it.each(['Ada', 'ada ', 'ad', 'adaa', ''])('is not for "%s" when ada is asked', (user) => {
    const { refusal } = transition(sample(), approve({ by: { user } }), LATER)
    expect(refusal).toEqual({ code: 'challenge_not_found' })
  })
})

describe('an update', () => {
  const claims = [
    { name: 'amount', value: '12' },
    { name: 'to', value: 'Łódź' },
  ]
  const before = sample({ version: 5, statusVersion: 2, updatedByFlowId: 'flow-1', claims })

  it.each([
    ['nothing', {}],
    ['the same word', { status: 'started' }],
    ['not complete', { complete: false }],
    ['the same flow', { updatedByFlowId: 'flow-1' }],
    ['the same claims', { claims: structuredClone(claims) }],
    [
      'all the same',
      { status: 'started', complete: false, updatedByFlowId: 'flow-1', claims: structuredClone(claims) },
    ],
  ])('of %s keeps the version', (_what, change) => {
    expect(transition(before, update(change), LATER).challenge).toBe(before)
  })

  it.each([
    ['claims in another order', { claims: [...claims].reverse() }],
    ['one claim less', { claims: claims.slice(0, 1) }],
    ['one claim more', { claims: [...claims, { name: 'x', value: '' }] }],
    ['another value', { claims: [{ name: 'amount', value: '13' }, ...claims.slice(1)] }],
    ['another name', { claims: [{ name: 'Amount', value: '12' }, ...claims.slice(1)] }],
    ['no claims', { claims: [] }],
    ['another flow', { updatedByFlowId: 'flow-2' }],
  ])('of %s is a version, and releases nobody', (_what, change) => {
    const { challenge } = transition(before, update(change), LATER)
    expect(challenge).toEqual({ ...before, ...change, version: 6 })
  })

  it('of the word moves the date and the version of the status', () => {
    const { challenge } = transition(before, update({ status: 'scanned' }), LATER)
    expect(challenge).toEqual({ ...before, status: 'scanned', version: 6, statusVersion: 6, statusUpdatedAt: LATER })
  })

  it('that only completes leaves the date and the version of the status, and lets go in 300 s', () => {
    const { challenge } = transition(before, update({ complete: true }), LATER)
    expect(challenge).toEqual({ ...before, complete: true, version: 6, purgeAt: LATER + 300_000 })
  })

  it('that says what the status is already, but completes, leaves the version of the status', () => {
    const { challenge } = transition(before, update({ status: 'started', complete: true }), LATER)
    expect(challenge).toMatchObject({ version: 6, statusVersion: 2, statusUpdatedAt: OPENED, complete: true })
  })

  it('of anything but completion leaves the time of forgetting', () => {
    const change = { status: 'scanned', updatedByFlowId: 'f', claims: [] }
    expect(transition(before, update(change), LATER).challenge.purgeAt).toBe(before.purgeAt)
  })
})
