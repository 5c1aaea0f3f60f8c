import fc from 'fast-check'
import { expect, it } from 'vitest'
import { trackStatus } from '../../client-sdk/track-status.ts'
import { page } from './samples.ts'

const at = (version: number, statusVersion = version, isChallengeComplete = false) =>
  page({ version, statusVersion, isChallengeComplete })

it('takes the status the wait began with as news, and another as the outcome', () => {
  const track = trackStatus(1, 'changed')
  expect(track.take(at(1))).toBe('news')
  expect(track.take(at(2))).toBe('outcome')
})

it('is not ended by a change that leaves the status word', () => {
  expect(trackStatus(1, 'changed').take(at(7, 1))).toBe('news')
})

it('is ended by completion whatever the status', () => {
  expect(trackStatus(9, 'changed').take(at(9, 9, true))).toBe('outcome')
})

it('with until complete goes on over changes, and remembers the last one', () => {
  const track = trackStatus(1, 'complete')
  expect(track.since()).toBe(1)
  expect(track.take(at(2))).toBe('news')
  expect(track.take(at(3, 2))).toBe('news')
  expect(track.since()).toBe(2)
  expect(track.take(at(4, 4, true))).toBe('outcome')
})

it('takes an unknown word as a change', () => {
  expect(trackStatus(1, 'changed').take(page({ challengeStatus: 'ringing', version: 2, statusVersion: 2 }))).toBe(
    'outcome',
  )
})

it('does not take what is no challenge', () => {
  expect(trackStatus(1, 'changed').take({} as never)).toBe('old')
})

it('never goes back, never repeats, and ends once, in whatever order and however often it is told', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (told, end) => {
        const track = trackStatus(1, 'complete')
        const taken = told.map((version) => ({ version, as: track.take(at(version, version, version >= end)) }))
        const heard = taken.filter(({ as }) => as !== 'old').map(({ version }) => version)
        expect(heard).toEqual([...new Set(heard)].sort((a, b) => a - b))
        expect(taken.filter(({ as }) => as === 'outcome').length).toBe(told.some((version) => version >= end) ? 1 : 0)
      },
    ),
  )
})
