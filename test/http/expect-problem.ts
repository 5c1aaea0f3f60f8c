import { expect } from 'vitest'
import { ERROR_STATUS, type ErrorCode, type Problem } from '../../server/protocol/error-codes.ts'
import type { Reply } from '../support/http-client.ts'

/** Checks that an answer is this problem, in the shape every problem has (RFC 9457), and gives it back. */
export function expectProblem({ status, headers, text }: Reply<unknown>, code: ErrorCode): Problem {
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(headers.get('cache-control')).toBe('no-store')
  const problem = JSON.parse(text) as Problem
  expect(problem).toMatchObject({ code, status: ERROR_STATUS[code] })
  expect(status).toBe(ERROR_STATUS[code])
  expect(problem.type).toMatch(/^[a-z]+:\S+$/)
  for (const words of [problem.title, problem.detail]) expect(words).toMatch(/\S/)
  const known = ['type', 'title', 'status', 'code', 'detail', 'errors', 'attemptsRemaining', 'record']
  expect(Object.keys(problem).filter((key) => !known.includes(key))).toEqual([])
  if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer\b/)
  if (status === 429 || status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect(text).not.toMatch(/\bat .+:\d+:\d+|node_modules|\.ts\b|ioredis/)
  return problem
}

/** Checks that an answer refuses the input, and names exactly these fields. */
export function expectRefusedFields(reply: Reply<unknown>, ...paths: readonly string[]): void {
  const { errors = [], detail } = expectProblem(reply, 'invalid_request')
  expect([...new Set(errors.map((error) => error.path))].sort()).toEqual([...paths].sort())
  for (const error of errors) expect(error.message).toMatch(/\S/)
  for (const path of paths) expect(detail).toContain(path)
}
