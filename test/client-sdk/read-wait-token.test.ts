import jwt from 'jsonwebtoken'
import { expect, it } from 'vitest'
import { readWaitToken } from '../../client-sdk/read-wait-token.ts'
import { page, waitToken } from './samples.ts'

it('reads what a wait token says, without a key', () => {
  expect(readWaitToken(waitToken(7))).toMatchObject({ challenge: page().challenge, since: 7, exp: expect.any(Number) })
})

it('reads a token whose base64url has characters of its own', () => {
  const token = jwt.sign({ challenge: 'a', since: 1, note: '???>>>ÿÿÿ~~~' }, 'secret')
  expect(token.split('.')[1]).toMatch(/[-_]/)
  expect(readWaitToken(token).challenge).toBe('a')
})

it.each([
  ['nothing', ''],
  ['prose', 'not a token'],
  ['a token that is no JSON', 'a.b.c'],
  ["a backend's token", jwt.sign({ sub: 'backend', scope: 'challenges:read' }, 'secret')],
])('refuses %s', (_what, token) => {
  expect(() => readWaitToken(token)).toThrow(expect.objectContaining({ name: 'AssentError', code: 'invalid_token' }))
})
