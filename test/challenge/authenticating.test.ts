import { describe, expect, it } from 'vitest'
import type { AuthenticationChange } from '../../server/challenge/action.ts'
import type { AuthenticationPart } from '../../server/challenge/challenge.ts'
import { transition } from '../../server/challenge/transition.ts'
import { toBackendView, toPageView, toView } from '../../server/challenge/views.ts'
import { OPENED, sample } from './samples.ts'

const part: AuthenticationPart = { step: { status: 'OTP_REQUIRED' }, kept: { secret: 'of the engine' } }
const next: AuthenticationPart = { ...part, step: { status: 'COMPLETED' } }
const NOW = OPENED + 5_000
const authenticating = sample({ authentication: part, version: 3, statusVersion: 2 })
const authenticate = (change: AuthenticationChange) => ({ type: 'authenticate', advance: () => change }) as const

describe('an authentication', () => {
  it('moves the version and its part, and neither the status nor its version', () => {
    const { challenge, refusal } = transition(authenticating, authenticate({ part: next }), NOW)
    expect(refusal).toBeUndefined()
    expect(challenge).toEqual({ ...authenticating, version: 4, authentication: next })
  })

  it('begins on any challenge that is open', () => {
    const { challenge } = transition(sample(), authenticate({ part }), NOW)
    expect(challenge).toEqual({ ...sample(), version: 2, authentication: part })
    const none = { type: 'authenticate', advance: () => ({ part: undefined }) } as const
    expect(transition(sample(), none, NOW)).toEqual({ challenge: sample() })
  })

  it('changes nothing when it makes no step', () => {
    expect(transition(authenticating, authenticate({ part }), NOW)).toEqual({ challenge: authenticating })
  })

  it.each(['approved', 'denied', 'cancelled', 'timed_out'] as const)('ends the challenge as %s', (end) => {
    const { challenge } = transition(authenticating, authenticate({ part: next, end }), NOW)
    expect(challenge).toMatchObject({ status: end, complete: true, version: 4, statusVersion: 4, authentication: next })
  })

  it('is refused by a challenge that is complete', () => {
    const complete = { ...authenticating, complete: true, status: 'denied' }
    const change = authenticate({ part: next, end: 'approved' })
    expect(transition(complete, change, NOW)).toEqual({
      challenge: complete,
      refusal: { code: 'challenge_complete' },
    })
  })

  it('that comes too late times the challenge out', () => {
    const change = authenticate({ part: next, end: 'approved' })
    const { challenge, refusal } = transition(authenticating, change, authenticating.expiresAt)
    expect(challenge).toMatchObject({ status: 'timed_out', complete: true, authentication: part })
    expect(refusal).toEqual({ code: 'challenge_complete' })
  })

  it('shows its step to page and backend, and what the engine keeps to nobody', () => {
    for (const view of [toView(authenticating), toPageView(authenticating, NOW), toBackendView(authenticating)]) {
      expect(view.authentication).toEqual({ status: 'OTP_REQUIRED' })
      expect(JSON.stringify(view)).not.toContain('of the engine')
    }
  })

  it.each([
    ['cancelled', 'CANCELLED'],
    ['timed_out', 'TIMED_OUT'],
    ['denied', 'FAILED'],
    ['any word', 'FAILED'],
    ['constructor', 'FAILED'],
  ])('whose challenge somebody else ended as %s stands at %s', (status, told) => {
    expect(toView({ ...authenticating, status, complete: true }).authentication).toEqual({ status: told })
  })

  it('can be given up by a backend in any word, but not be said to be proven', () => {
    const update = (status: string) => ({ type: 'update', change: { status, complete: true } }) as const
    expect(transition(authenticating, update('approved'), NOW)).toEqual({
      challenge: authenticating,
      refusal: { code: 'not_proven' },
    })
    expect(transition(authenticating, update('lost'), NOW).challenge).toMatchObject({ status: 'lost', complete: true })
    expect(transition(sample(), update('approved'), NOW).challenge).toMatchObject({ status: 'approved' })
  })

  it('that has ended by itself stands where it ended', () => {
    const ended = { ...authenticating, authentication: next, status: 'denied', complete: true }
    expect(toView(ended).authentication).toEqual({ status: 'COMPLETED' })
  })
})
