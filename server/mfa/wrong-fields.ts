import type { z } from 'zod'

/** So many wrong fields are named. */
const MOST_NAMED = 20

/** A field of a body that was not taken in, and why. */
export interface WrongField {
  /** Without any names: the body itself. */
  readonly path: readonly string[]
  readonly why: 'unknown' | 'missing' | 'empty' | 'too long' | 'malformed' | 'not allowed'
  /** What it must be instead. */
  readonly message: string
}

/** What is wrong with a body, field by field: the words are the affair of whoever tells it. */
export function wrongFields({ issues }: z.core.$ZodError, body: unknown): readonly WrongField[] {
  return issues.flatMap((issue) => toWrongFields(issue, body)).slice(0, MOST_NAMED)
}

function toWrongFields(issue: z.core.$ZodIssue, body: unknown): WrongField[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      why: 'unknown' as const,
      message: 'This field is not known here.',
    }))
  }
  const value = issue.path.reduce<unknown>((parent, key) => (parent as Record<PropertyKey, unknown>)?.[key], body)
  if (value === undefined) return [{ path, why: 'missing', message: 'A value is required.' }]
  if (value === '') return [{ path, why: 'empty', message: 'Must not be empty.' }]
  return [{ path, why: WHY[issue.code] ?? 'not allowed', message: `${issue.message}.` }]
}

const WHY: Readonly<Record<string, WrongField['why']>> = {
  too_big: 'too long',
  invalid_type: 'malformed',
  invalid_format: 'malformed',
}
