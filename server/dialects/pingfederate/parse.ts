import { z } from 'zod'
import { isNameable } from '../../auth/secret-names.ts'
import { text } from '../../mfa/parse.ts'
import { type WrongField, wrongFields } from '../../mfa/wrong-fields.ts'
import type { DetailCode } from './error-words.ts'
import { FlowError } from './errors.ts'

const WHY = {
  unknown: 'UNRECOGNIZED_FIELD_NAME',
  missing: 'FIELD_REQUIRED',
  empty: 'FIELD_REQUIRED',
  'too long': 'INVALID_FIELD_VALUE',
  malformed: 'INVALID_FIELD_FORMAT',
  'not allowed': 'INVALID_FIELD_VALUE',
} as const satisfies Record<WrongField['why'], DetailCode>

/** Takes a body in, or throws `VALIDATION_ERROR` with every wrong field named. What goes on to the engine is parsed there. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const details = wrongFields(parsed.error, body).map(({ path, why, message }) =>
    path.length > 0
      ? { code: WHY[why], message, target: path.join('.') }
      : { code: 'UNEXPECTED_ACTION_MODEL' as const, message: 'The body must be a JSON object.' },
  )
  throw new FlowError('One or more fields are not valid.', details)
}

const asItCame = z.unknown().optional()

/** Parsed by the engine, which calls them the same. */
function passedOn(...names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, asItCame]))
}

const webAddress = z.url({ protocol: /^https?$/, error: 'Must be an http or https URL' }).max(2_000)

const common = {
  resumeUrl: webAddress.optional(),
  waitingChallenge: z.string().refine(isNameable, 'Must be the id of a challenge').optional(),
  ...passedOn('updatedByFlowId', 'claimsNameValuePairs'),
}

export const flowOfUser = z.strictObject({
  user: z.strictObject({ id: z.string(), username: text(256).optional() }),
  ...common,
  ...passedOn('policy', 'application', 'include', 'exclude', 'challengeTimeout'),
  ...passedOn('numberMatching', 'notification', 'userAgent', 'display'),
})

/** Whoever signs on says by a phone who they are. */
export const flowOfCode = z.strictObject({
  authenticationCode: z.strictObject(passedOn('application', 'lifeTime', 'userApproval', 'clientContext')),
  ...common,
})

/** What each action is told. */
export const nothing = z.strictObject({})
export const authentication = z.strictObject({ mobilePayload: z.string().optional() })
const reference = z.strictObject({ deviceRef: z.strictObject({ id: z.string() }) })
export const selection = reference.transform(({ deviceRef: device }) => ({ device }))
export const passcode = z.strictObject({ otp: z.string() })
export const assertion = z.strictObject({ assertion: z.string(), origin: z.string(), compatibility: asItCame })
