import { z } from 'zod'
import { idempotencyKey as key, wholeNumber } from '../challenge/parse.ts'
import type { MfaDetailCode } from '../protocol/mfa-errors.ts'
import { MfaError } from './mfa-error.ts'
import { type WrongField, wrongFields } from './wrong-fields.ts'

/**
 * Takes what came from outside in, once, or throws `INVALID_DATA` with every wrong field named.
 * @param at the name of the input, when it is a single value
 */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown, at = 'body'): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const details = wrongFields(parsed.error, input).map(({ path, why, message }) => ({
    code: WHY[why],
    target: path.length === 0 ? at : path.join('.'),
    message,
  }))
  throw new MfaError('INVALID_DATA', 'One or more fields are not valid.', { details })
}

const WHY = {
  unknown: 'UNKNOWN_FIELD',
  missing: 'REQUIRED_VALUE',
  empty: 'EMPTY_VALUE',
  'too long': 'SIZE_LIMIT_EXCEEDED',
  malformed: 'INVALID_VALUE',
  'not allowed': 'INVALID_VALUE',
} as const satisfies Record<WrongField['why'], MfaDetailCode>

export { wholeNumber }

export const idempotencyKey = z.object({ 'Idempotency-Key': key })

/** Seed 001: "minLength: 0 maxLength: 100"; an empty one names nothing. */
export const id = z
  .string()
  .min(1)
  .max(100)
  .regex(/^\P{Cs}*$/u, 'Must be well-formed text')

const NO_CONTROLS = /^[^\p{Cc}\p{Cs}]*$/u

/** One line of text that people read. */
export function text(longest: number) {
  return z.string().min(1).max(longest).regex(NO_CONTROLS, 'Must not contain control characters')
}

/** One of these words, in any case, with spaces around it. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z
    .string()
    .transform((given) => given.trim().toUpperCase())
    .pipe(z.enum(words))
}

const UNIT_SECONDS = { SECONDS: 1, MINUTES: 60, HOURS: 3_600 } as const

export interface Duration {
  readonly duration: number
  readonly timeUnit: keyof typeof UNIT_SECONDS
}

export function toMilliseconds({ duration, timeUnit }: Duration): number {
  return duration * UNIT_SECONDS[timeUnit] * 1_000
}

export const minutes = (duration: number): Duration => ({ duration, timeUnit: 'MINUTES' })
export const seconds = (duration: number): Duration => ({ duration, timeUnit: 'SECONDS' })

/** @param least seconds @param most seconds */
export function duration(least: number, most: number) {
  return z
    .strictObject({
      duration: z.number().int(),
      timeUnit: z.enum(['SECONDS', 'MINUTES', 'HOURS']),
    })
    .refine((given) => isBetween(toMilliseconds(given) / 1_000, least, most), {
      path: ['duration'],
      error: `Must be ${inWords(least)} to ${inWords(most)}`,
    })
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most
}

function inWords(amount: number): string {
  const [count, unit] = amount % 60 === 0 ? [amount / 60, 'minute'] : [amount, 'second']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** What a resource says of itself may come back with it, and changes nothing. */
export const ownWords = {
  id: z.unknown().optional(),
  environment: z.unknown().optional(),
  createdAt: z.unknown().optional(),
  updatedAt: z.unknown().optional(),
  _links: z.unknown().optional(),
}

/** What is left of a resource without what it says of itself. */
export function withoutOwnWords<Given extends object>(given: Given): Omit<Given, keyof typeof ownWords> {
  const {
    id: _id,
    environment: _environment,
    createdAt: _created,
    updatedAt: _updated,
    _links,
    ...rest
  } = given as Given & Record<keyof typeof ownWords, unknown>
  return rest as Omit<Given, keyof typeof ownWords>
}
