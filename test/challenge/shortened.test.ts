import { afterEach, expect, it } from 'vitest'
import type { AuthenticationChange } from '../../server/challenge/action.ts'
import { type AuthenticationPart, dueAt, GRACE_MS } from '../../server/challenge/challenge.ts'
import { openChallenge } from '../../server/challenge/create-challenge.ts'
import { moveChallenge } from '../../server/challenge/move-challenge.ts'
import { transition } from '../../server/challenge/transition.ts'
import { watchChallenge } from '../../server/challenge/watch-challenge.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { Recorder } from '../support/recorder.ts'
import { contextOn, EXPIRE, LIFE, OPENED, sample, wanted } from './samples.ts'

/* An authentication that is over sooner than its challenge was to be: with a code that was its last chance. */

const part: AuthenticationPart = { step: { status: 'DEVICE_SELECTION_REQUIRED' }, kept: {} }
const next: AuthenticationPart = { ...part, step: { status: 'OTP_REQUIRED' } }
const NOW = OPENED + 5_000
const SOON = OPENED + 60_000
const DEADLINE = OPENED + LIFE
const authenticating = sample({ authentication: part, version: 3, statusVersion: 2 })
const authenticate = (change: AuthenticationChange) => ({ type: 'authenticate', advance: () => change }) as const

it('is over then, and can be read for as long after that as any', () => {
  const { challenge, refusal } = transition(authenticating, authenticate({ part: next, until: SOON }), NOW)
  expect(refusal).toBeUndefined()
  const sooner = { expiresAt: SOON, purgeAt: SOON + GRACE_MS }
  expect(challenge).toEqual({ ...authenticating, ...sooner, version: 4, authentication: next })
  expect(dueAt(challenge)).toBe(SOON)
  expect(transition(challenge, EXPIRE, SOON - 1).challenge).toBe(challenge)
  expect(transition(challenge, EXPIRE, SOON).challenge).toMatchObject({
    status: 'timed_out',
    complete: true,
    purgeAt: SOON + GRACE_MS,
  })
  const late = transition(challenge, authenticate({ part, end: 'approved' }), SOON)
  expect(late).toMatchObject({ refusal: { code: 'challenge_complete' }, challenge: { status: 'timed_out' } })
})

it.each([DEADLINE, DEADLINE + 1, Number.POSITIVE_INFINITY])('is never given more time: %i', (until) => {
  const { challenge } = transition(authenticating, authenticate({ part: next, until }), NOW)
  expect(challenge).toEqual({ ...authenticating, version: 4, authentication: next })
  expect(transition(authenticating, authenticate({ part, until }), NOW).challenge).toBe(authenticating)
})

it('is a change of its own, where nothing else changes', () => {
  const { challenge } = transition(authenticating, authenticate({ part, until: SOON }), NOW)
  expect(challenge).toMatchObject({ version: 4, expiresAt: SOON })
})

it('is over at once where that has passed already, and is forgotten no sooner than others', () => {
  const { challenge } = transition(authenticating, authenticate({ part: next, until: OPENED }), NOW)
  expect(challenge).toMatchObject({ complete: false, expiresAt: NOW, purgeAt: NOW + GRACE_MS })
  expect(transition(challenge, EXPIRE, NOW).challenge).toMatchObject({ status: 'timed_out', complete: true })
})

it('leaves one that ends with this very step as it ends', () => {
  const change = authenticate({ part: next, end: 'approved', until: SOON })
  const { challenge } = transition(authenticating, change, NOW)
  expect(challenge).toMatchObject({ status: 'approved', expiresAt: DEADLINE, purgeAt: NOW + GRACE_MS })
})

it('bounds what a device is asked', () => {
  const ask = { user: 'ada', device: 'phone', until: DEADLINE, display: { title: 'Sign in' } }
  const { challenge } = transition(authenticating, authenticate({ part: next, ask, until: SOON }), NOW)
  expect(dueAt(challenge)).toBe(SOON)
})

let store: MemoryStore
afterEach(() => store?.close())

it.each(['opened', 'moved'] as const)('whoever watches one that was %s so hears its end on time', async (how) => {
  store = new MemoryStore()
  const context = contextOn(store)
  const until = store.now() + 150
  await openChallenge(context, 'it', wanted(), { part, ...(how === 'opened' && { until }) })
  const news = new Recorder<{ readonly complete: boolean; readonly status: string; readonly at: number }>()
  const watch = await watchChallenge(context, 'it', (heard) => {
    if (heard !== 'gone') news.listen({ ...heard, at: store.now() })
  })
  if (how === 'moved') await moveChallenge(context, 'it', authenticate({ part: next, until }))
  const end = await news.until(({ complete }) => complete)
  expect(end.status).toBe('timed_out')
  expect(end.at).toBeGreaterThanOrEqual(until)
  expect(watch.challenge).toMatchObject({ expiresAt: until, complete: true })
  watch.close()
  expect(context.faults).toEqual([])
})
