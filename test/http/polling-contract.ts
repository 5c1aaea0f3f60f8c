import { describe, expect, it } from 'vitest'
import { expectProblem, expectRefusedFields } from './expect-problem.ts'
import { type CurrentHubs, open, patch, poll, watched } from './hubs.ts'

const timed = async <T>(work: Promise<T>) => {
  const began = performance.now()
  const result = await work
  return { result, ms: performance.now() - began }
}
/** Longer than any test: who answers sooner was not woken by it. */
const SLEEPY = 'pollInterval=5000&pollRetries=12'

export function describePolling(hubs: CurrentHubs): void {
  describe('polling answers at once', () => {
    it('when no further look is wanted', async () => {
      const { one } = hubs()
      const { waitToken: _token, ...created } = await open(one)
      const reply = await poll(one, created.challenge, 'pollRetries=0&pollInterval=60000')
      expect(reply.status).toBe(200)
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect(reply.body).toStrictEqual({ ...created, pollOutcome: 'exhausted' })
    })

    it.each([0, 1])('when the status has changed since %i', async (since) => {
      const { one, other } = hubs()
      const { challenge } = await open(one)
      await patch(one, challenge, { challengeStatus: 'scanned' })
      const reply = await poll(other, challenge, `${SLEEPY}&since=${since}`)
      expect(reply.body).toMatchObject({ pollOutcome: 'changed', challengeStatus: 'scanned', statusVersion: 2 })
    })

    it('when the challenge is complete, whatever is known of it', async () => {
      const { one, other } = hubs()
      const { challenge } = await open(one)
      await patch(one, challenge, { isChallengeComplete: true })
      for (const since of ['', '&since=0', '&since=1', '&since=999999']) {
        const reply = await poll(other, challenge, `pollInterval=60000&pollRetries=10${since}`)
        expect(reply.body).toMatchObject({ pollOutcome: 'complete', challengeStatus: 'started', version: 2 })
      }
    })

    it('to a page whose challenge changed before it came', async () => {
      const { one, other } = hubs()
      const { challenge, waitToken } = await open(one, { numberMatching: 2 })
      await patch(one, challenge, { challengeStatus: 'scanned' })
      const reply = await poll(other, challenge, SLEEPY, { token: waitToken })
      expect(reply.body).toMatchObject({ pollOutcome: 'changed', challengeStatus: 'scanned' })
      expect(Object.keys(reply.body).sort()).toEqual([
        'challenge',
        'challengeStatus',
        'createdDate',
        'expiresDate',
        'isChallengeComplete',
        'number',
        'pollOutcome',
        'serverDate',
        'statusUpdatedDate',
        'statusVersion',
        'version',
      ])
    })
  })

  describe('polling in vain', () => {
    it.each([
      ['100', 3, 300],
      ['150', 2, 300],
      ['400', 1, 400],
    ])('takes %s ms times %i', async (interval, retries, least) => {
      const { one } = hubs()
      const { challenge } = await open(one)
      const { result, ms } = await timed(poll(one, challenge, `pollInterval=${interval}&pollRetries=${retries}`))
      expect(result.body).toMatchObject({ pollOutcome: 'exhausted', challengeStatus: 'started', version: 1 })
      expect(ms).toBeGreaterThanOrEqual(least - 2)
      expect(ms).toBeLessThan(least + 2_000)
    })

    it('begins now for a backend: what changed before counts for nothing', async () => {
      const { one } = hubs()
      const { challenge } = await open(one)
      await patch(one, challenge, { challengeStatus: 'scanned' })
      const reply = await poll(one, challenge, 'pollInterval=100&pollRetries=1')
      expect(reply.body).toMatchObject({ pollOutcome: 'exhausted', challengeStatus: 'scanned', statusVersion: 2 })
    })

    it('may begin where the page says', async () => {
      const { one } = hubs()
      const { challenge, waitToken } = await open(one)
      await patch(one, challenge, { challengeStatus: 'scanned' })
      const reply = await poll(one, challenge, 'pollInterval=100&pollRetries=1&since=2', { token: waitToken })
      expect(reply.body).toMatchObject({ pollOutcome: 'exhausted', challengeStatus: 'scanned' })
    })

    it('is not ended by claims, and tells them all the same', async () => {
      const { one, other } = hubs()
      await watched(one, 0)
      const { challenge } = await open(one)
      const polling = timed(poll(one, challenge, 'pollInterval=100&pollRetries=8'))
      await watched(other, 1)
      const claims = [{ name: 'a', value: 'b' }]
      expect((await patch(other, challenge, { claimsNameValuePairs: claims })).status).toBe(200)
      const { result, ms } = await polling
      expect(result.body).toMatchObject({ pollOutcome: 'exhausted', version: 2, claimsNameValuePairs: claims })
      expect(ms).toBeGreaterThanOrEqual(798)
    })
  })

  describe('polling is woken', () => {
    it('by the change itself, at the other instance, long before the next look', async () => {
      const { one, other } = hubs()
      await watched(one, 0)
      const changes = [
        [{ challengeStatus: 'scanned' }, 'changed'],
        [{ isChallengeComplete: true }, 'complete'],
        [{ challengeStatus: 'denied', isChallengeComplete: true }, 'complete'],
      ] as const
      const waiting = await Promise.all(
        changes.map(async ([change, pollOutcome]) => {
          const { challenge, waitToken } = await open(one)
          const polls = [poll(one, challenge, SLEEPY), poll(one, challenge, SLEEPY, { token: waitToken })]
          return { challenge, change, pollOutcome, answers: Promise.all(polls) }
        }),
      )
      await watched(one, changes.length)
      for (const { challenge, change, pollOutcome, answers } of waiting) {
        await patch(other, challenge, change)
        const { result, ms } = await timed(answers)
        for (const reply of result) expect(reply.body).toMatchObject({ ...change, pollOutcome, version: 2 })
        expect(ms).toBeLessThan(1_000)
      }
    })

    it('by the deadline', async () => {
      const { one } = hubs()
      const { challenge, expiresDate } = await open(one, { challengeTimeout: 1 })
      const { body } = await poll(one, challenge, SLEEPY)
      expect(body).toMatchObject({ pollOutcome: 'complete', challengeStatus: 'timed_out', version: 2 })
      expect(body.statusUpdatedDate).toBeGreaterThanOrEqual(expiresDate)
      expect(body.statusUpdatedDate).toBeLessThan(expiresDate + 1_000)
    })

    it('through a hundred polls of one challenge at once', async () => {
      const { one, other } = hubs()
      const { challenge } = await open(one)
      const polls = Array.from({ length: 100 }, (_, at) =>
        poll(at % 2 === 0 ? one : other, challenge, `${SLEEPY}&since=1`),
      )
      await patch(one, challenge, { challengeStatus: 'scanned' })
      for (const reply of await Promise.all(polls)) expect(reply.body.pollOutcome).toBe('changed')
    })
  })

  describe('a poll', () => {
    const ask = async (query: string) => {
      const { one } = hubs()
      const { challenge } = await open(one, { isChallengeComplete: true })
      return poll(one, challenge, query)
    }

    it.each([
      '',
      'pollInterval=100',
      'pollInterval=60000&pollRetries=10',
      'pollRetries=0',
      'pollRetries=600&pollInterval=1000',
      'pollRetries=300',
      'pollInterval=20000',
      'since=0',
      'since=1',
    ])('takes "%s"', async (query) => {
      expect((await ask(query)).body.pollOutcome).toBe('complete')
    })

    it.each([
      ['pollInterval=99', 'pollInterval'],
      ['pollInterval=60001&pollRetries=1', 'pollInterval'],
      ['pollRetries=601&pollInterval=100', 'pollRetries'],
      ['pollRetries=-1', 'pollRetries'],
      ['pollRetries=', 'pollRetries'],
      ['pollRetries=1.5', 'pollRetries'],
      ['pollRetries=%201', 'pollRetries'],
      ['pollRetries=1e1', 'pollRetries'],
      ['pollInterval=abc', 'pollInterval'],
      ['since=-1', 'since'],
      ['since=latest', 'since'],
      ['since=', 'since'],
      ['pollInterval=100&pollInterval=200', 'pollInterval'],
      ['since=1&since=1', 'since'],
      ['pollRetries[]=1', 'pollRetries[]'],
      ['interval=100', 'interval'],
      ['__proto__=1', '__proto__'],
      ['constructor=1', 'constructor'],
    ])('does not take "%s", and names it', async (query, path) => expectRefusedFields(await ask(query), path))

    it.each([
      'pollInterval=60000&pollRetries=11',
      'pollRetries=301',
      'pollInterval=20001',
      'pollInterval=1001&pollRetries=600',
    ])('does not take more than ten minutes in all: "%s"', async (query) => {
      const { errors = [] } = expectProblem(await ask(query), 'invalid_request')
      expect(errors.map((error) => error.path)).toEqual(['pollRetries'])
    })

    it('names all that is wrong at once', async () => {
      expectRefusedFields(
        await ask('pollInterval=1&pollRetries=x&since=y&z='),
        'pollInterval',
        'pollRetries',
        'since',
        'z',
      )
    })

    it('of an unknown challenge is 404 at once', async () => {
      const { one } = hubs()
      expectProblem(await poll(one, 'x'.repeat(43), SLEEPY), 'challenge_not_found')
    })
  })
}
