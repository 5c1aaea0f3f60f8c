import { z } from 'zod'
import { wholeNumber } from '../../challenge/parse.ts'
import { HubError } from '../../errors.ts'
import { notFound } from '../../mfa/mfa-error.ts'
import { id } from '../../mfa/parse.ts'

/** As long as a challenge can last: where to send a PIN is not time-sensitive (seed 004). Seconds. */
const LONGEST = 86_400

const MOST_ANSWERS = 20

/** So many wrong fields are named. */
const MOST_NAMED = 20

/** A number is taken for its digits: of a choice, its key. */
const given = z
  .union([z.int().min(0), z.string().min(1).max(64)], 'Must be a whole number, or text of up to 64 characters')
  .transform(String)

export const sync = z.strictObject({
  answers: z
    .array(z.strictObject({ challenge_id: z.int().min(1), answer: given }))
    .min(1)
    .max(MOST_ANSWERS)
    .optional(),
})

export type Given = NonNullable<z.output<typeof sync>['answers']>[number]

export const binding = z
  .strictObject({
    user: z.strictObject({ id }),
    mode: z.enum(['pin', 'captcha']).default('pin'),
    challengeTimeout: wholeNumber(1, LONGEST).default(LONGEST),
  })
  .transform(({ user, mode, challengeTimeout }) => ({ user: user.id, by: MEANS[mode], challengeTimeout }))

const MEANS = { pin: 'code', captcha: 'picture' } as const

/** Throws when it is no number that a connection can have. */
export function connectionToBind(text: string | undefined): number {
  const number = toNumber(text)
  if (number !== undefined) return number
  throw new HubError('invalid_request', NOT_VALID, {
    errors: [{ path: 'connection_id', message: 'Must be a whole number from 1 to 9007199254740991' }],
  })
}

/** Of any other number, or of none, it is said that there is no such connection. */
export function knownConnection(text: string | undefined): number {
  const number = toNumber(text)
  if (number === undefined) throw notFound()
  return number
}

/** A choice's key, as a number or in digits; anything else is no key there is. */
export function toKey(answer: string): number {
  return /^(?:0|[1-9]\d{0,2})$/.test(answer) ? Number(answer) : Number.NaN
}

/** Undefined: it is not how a number is written that a connection can have. */
function toNumber(text = ''): number | undefined {
  const number = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}

const NOT_VALID = 'One or more fields are not valid.'

/** Takes a body in, once, or throws with every wrong field named as it stands there: `answers[0].challenge_id`. */
export function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: toField(issue.path), message: issue.message }]
    return issue.keys.map((key) => ({ path: toField([...issue.path, key]), message: 'This field is not known here' }))
  })
  throw new HubError('invalid_request', NOT_VALID, { errors: errors.slice(0, MOST_NAMED) })
}

function toField(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
  return steps.join('').replace(/^\./, '') || 'body'
}
