import { describe, expect, it } from 'vitest'
import type { Challenge } from '../../server/challenge/challenge.ts'
import { transition } from '../../server/challenge/transition.ts'
import { ADA, approve, deny, expected, LIFE, OPENED, sample } from './samples.ts'

const LATER = OPENED + 5_000

const tried = (challenge: Challenge, ...numbers: string[]) =>
  numbers.reduce((last, number) => transition(last, approve({ number }), LATER).challenge, challenge)

describe('number matching', () => {
  it.each(['42', '07', '00', '123456', '000042', '000000'])('lets %s through, typed as shown', (number) => {
    const { challenge, refusal } = transition(sample(expected(number)), approve({ number }), LATER)
    expect(refusal).toBeUndefined()
    expect(challenge).toMatchObject({ status: 'approved', complete: true, decidedBy: ADA })
  })

  it.each([
    ['07', '7'],
    ['07', '70'],
    ['07', '007'],
    ['07', '000007'],
    ['00', '0'],
    ['42', '4'],
    ['42', '420'],
    ['42', ''],
    ['000042', '42'],
    ['000042', '00042'],
    ['123456', '123457'],
    ['123456', '023456'],
    ['42', '٤٢'],
    ['42', '4２'],
  ])('with %s shown takes "%s" as one wrong try like any other', (number, typed) => {
    const before = sample(expected(number))
    const { challenge, refusal } = transition(before, approve({ number: typed }), LATER)
    expect(refusal).toEqual({ code: 'number_mismatch', attemptsRemaining: 2 })
    expect(challenge).toEqual({ ...before, ...expected(number, 2), version: 2 })
  })

  it('counts three tries down and ends in denied, complete', () => {
    let challenge = sample(expected('07'))
    const answers = ['11', '12', '13'].map((number) => {
      const answer = transition(challenge, approve({ number }), LATER)
      challenge = answer.challenge
      return [answer.refusal, challenge.status, challenge.complete, challenge.version, challenge.statusVersion]
    })
    expect(answers).toEqual([
      [{ code: 'number_mismatch', attemptsRemaining: 2 }, 'started', false, 2, 1],
      [{ code: 'number_mismatch', attemptsRemaining: 1 }, 'started', false, 3, 1],
      [{ code: 'number_mismatch', attemptsRemaining: 0 }, 'denied', true, 4, 4],
    ])
    expect(challenge).toMatchObject({ reason: 'number_mismatch', statusUpdatedAt: LATER, purgeAt: LATER + 300_000 })
    expect(challenge).not.toHaveProperty('decidedBy')
  })

  it('does not let the right number in after three wrong ones', () => {
    const ended = tried(sample(expected('07')), '11', '12', '13')
    const refusal = { code: 'challenge_complete' }
    expect(transition(ended, approve({ number: '07' }), LATER)).toEqual({ challenge: ended, refusal })
    // Nobody decided: so nobody repeats it either.
    expect(transition(ended, deny(), LATER)).toEqual({ challenge: ended, refusal })
  })

  it('lets the right number in after two wrong ones', () => {
    const left = tried(sample(expected('07')), '11', '12')
    expect(transition(left, approve({ number: '07' }), LATER).challenge).toMatchObject({
      status: 'approved',
      version: 4,
    })
  })

  it('counts the same wrong number every time', () => {
    expect(tried(sample(expected('07')), '11', '11', '11')).toMatchObject({ status: 'denied', complete: true })
  })

  it('spends no try on an approval without a number', () => {
    const before = sample(expected('07', 1))
    expect(transition(before, approve(), LATER)).toEqual({ challenge: before, refusal: { code: 'number_missing' } })
  })

  it('needs none for a denial, and looks at none', () => {
    const { challenge, refusal } = transition(sample(expected('07', 1)), deny({ number: '99' }), LATER)
    expect(refusal).toBeUndefined()
    expect(challenge).toMatchObject({ status: 'denied', complete: true, decidedBy: ADA })
    expect(challenge.numberMatching?.attemptsRemaining).toBe(1)
  })

  it('looks at no number where none is asked for', () => {
    expect(transition(sample(), approve({ number: '99' }), LATER).challenge.status).toBe('approved')
  })

  it('gives a stranger no try', () => {
    const before = sample(expected('07'))
    const by = { user: 'eve' }
    for (const number of ['07', '11', undefined]) {
      const refusal = { code: 'challenge_not_found' }
      expect(transition(before, approve({ by, number }), LATER)).toEqual({ challenge: before, refusal })
    }
  })

  it('gives no try after the deadline, not even the right one', () => {
    const { challenge, refusal } = transition(sample(expected('07')), approve({ number: '07' }), OPENED + LIFE)
    expect(refusal).toEqual({ code: 'challenge_complete' })
    expect(challenge).toMatchObject({ status: 'timed_out', complete: true })
    expect(challenge.numberMatching?.attemptsRemaining).toBe(3)
  })
})
