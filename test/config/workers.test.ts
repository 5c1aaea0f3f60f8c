import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { problemsOf, read } from './environment.ts'

const REDIS_URL = 'redis://127.0.0.1:6379'

describe('several workers', () => {
  it.each(['2', '256'])('are %s on Redis', (WORKERS) => {
    expect(read({ REDIS_URL, WORKERS }).workers).toBe(Number(WORKERS))
  })

  it('are one for each core that may be used, where that is wanted', () => {
    expect(read({ REDIS_URL, WORKERS: 'auto' }).workers).toBe(availableParallelism())
  })

  it.each(['2', 'auto'])(
    'are refused on the memory store, also as "%s", with everything else that is wrong',
    (WORKERS) => {
      expect(problemsOf({ WORKERS, NODE_ENV: 'production', PORT: 'x' })).toEqual([
        expect.stringMatching(/^PORT: /),
        expect.stringMatching(/^JWT_SECRET: /),
        'WORKERS: needs REDIS_URL: the memory store serves one process only',
      ])
    },
  )

  it('are not said to need a Redis that is named wrongly, nor are no workers at all', () => {
    expect(problemsOf({ WORKERS: '2', REDIS_URL: 'nowhere' })).toEqual([expect.stringMatching(/^REDIS_URL: /)])
    expect(problemsOf({ WORKERS: 'many' })).toEqual(['WORKERS: must be a whole number, or auto'])
  })
})
