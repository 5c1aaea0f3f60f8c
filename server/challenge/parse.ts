import { z } from 'zod'
import { HubError } from '../errors.ts'
import type { FieldError } from '../protocol/error-codes.ts'
import { TEXT_LIMITS as LIMIT } from './limits.ts'

const NO_CONTROLS = /^\P{Cc}*$/u
/** Control characters but for the line break, and what turns the direction of text: it could show something else. */
/** Neither are half characters, which no screen can show. */
export const SHOWABLE = /^(?:[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]|\n)*$/u
const NO_CONTROLS_MESSAGE = 'must not contain control characters'
export const SHOWABLE_MESSAGE = 'must not contain control characters or direction overrides'

/** A whole number, also as a decimal string: the seed's are text fields. */
export function wholeNumber(least: number, most: number) {
  const toNumber = (value: unknown) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value)
  return z.preprocess(toNumber, z.number().int().min(least).max(most))
}

export function word(longest: number) {
  return z.string().min(1).max(longest).regex(NO_CONTROLS, NO_CONTROLS_MESSAGE)
}

function shown(longest: number) {
  return z.string().min(1).max(longest).regex(SHOWABLE, SHOWABLE_MESSAGE)
}

const claims = z
  .array(z.strictObject({ name: word(LIMIT.claimName), value: z.string().max(LIMIT.claimValue) }))
  .max(LIMIT.claims)
  .superRefine((list, context) => {
    const names = new Set<string>()
    for (const [at, { name }] of list.entries()) {
      if (names.has(name)) context.addIssue({ code: 'custom', path: [at, 'name'], message: 'must be unique' })
      names.add(name)
    }
  })

const display = z.strictObject({
  title: shown(LIMIT.title),
  message: shown(LIMIT.message).optional(),
  fields: z
    .array(z.strictObject({ label: shown(LIMIT.label), value: shown(LIMIT.value) }))
    .max(LIMIT.fields)
    .optional(),
})

const numberMatching = z.preprocess(
  (value) => (value === '2' || value === '6' ? Number(value) : value),
  z.literal([2, 6]),
)

export const newChallengeBody = z.strictObject({
  challengeStatus: word(LIMIT.status).default('started'),
  isChallengeComplete: z.boolean().default(false),
  challengeTimeout: wholeNumber(1, LIMIT.timeoutSeconds).default(300),
  updatedByFlowId: word(LIMIT.flowId).optional(),
  claimsNameValuePairs: claims.default([]),
  approver: word(LIMIT.user).optional(),
  display: display.optional(),
  numberMatching: numberMatching.optional(),
})

export const updateBody = z.strictObject({
  challengeStatus: word(LIMIT.status).optional(),
  isChallengeComplete: z.boolean().optional(),
  updatedByFlowId: word(LIMIT.flowId).optional(),
  claimsNameValuePairs: claims.optional(),
})

/** Seed 000: "challenge string minLength: 1 maxLength: 100". */
export const challengeId = z.string().min(1).max(LIMIT.challengeId)

export const user = word(LIMIT.user)

export const idempotencyKey = word(LIMIT.idempotencyKey)

const numberTyped = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z.string().regex(/^\d{1,6}$/, 'must be the digits shown'),
)

export const decision = {
  number: numberTyped.optional(),
  reason: shown(LIMIT.reason).optional(),
  signature: z.string().max(LIMIT.signature).optional(),
}

export const decisionBody = z.strictObject({ decision: z.enum(['approve', 'deny']), ...decision })

export const deliveryBody = z.strictObject({ delivery: z.enum(['delivered', 'seen']) })

export const poll = z
  .strictObject({
    pollInterval: wholeNumber(100, 60_000).default(2_000),
    pollRetries: wholeNumber(0, 600).default(30),
    since: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  })
  .refine(({ pollInterval, pollRetries }) => pollInterval * pollRetries <= LIMIT.pollMilliseconds, {
    path: ['pollRetries'],
    message: 'pollInterval × pollRetries must be at most 10 minutes',
  })

export type NewChallenge = z.output<typeof newChallengeBody>
export type Poll = z.output<typeof poll>

/** So many wrong fields are named; who sends more is told that there are more. */
const NAMED_ERRORS = 20
/** A name longer than this is cut when it is told. Characters. */
const LONGEST_NAME = 100

/**
 * Takes outside input in, once, or throws `invalid_request` with every wrong field named.
 * @param at the name of the input, when it is a single value
 */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown, at?: string): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.flatMap((issue) => toFieldErrors(issue, at))
  const named = errors.slice(0, NAMED_ERRORS)
  const fields = [...new Set(named.map((error) => error.path || 'the body'))].join(', ')
  const more = errors.length > named.length ? ` and ${errors.length - named.length} more` : ''
  throw new HubError('invalid_request', `Not acceptable: ${fields}${more}.`, { errors: named })
}

function toFieldErrors(issue: z.core.$ZodIssue, at?: string): FieldError[] {
  const path = [...(at === undefined ? [] : [at]), ...issue.path.map(String)]
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys : undefined
  if (!unknown) return [{ path: toName(path), message: issue.message }]
  return unknown.map((key) => ({ path: toName([...path, key]), message: 'is not known here' }))
}

function toName(path: readonly string[]): string {
  return path.map((part) => (part.length > LONGEST_NAME ? `${part.slice(0, LONGEST_NAME)}…` : part)).join('.')
}
