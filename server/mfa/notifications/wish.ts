import { z } from 'zod'
import { SHOWABLE, SHOWABLE_MESSAGE } from '../../challenge/parse.ts'
import { id, text } from '../parse.ts'
import { TEMPLATE_NAMES } from './built-in-templates.ts'

const MOST_VARIABLES = 50
const LONGEST_VARIABLE = 1_000
const MOST_CONTEXT = 15
const LONGEST_CONTEXT = 500
const LARGEST_CONTEXT = 2_048

/** Seed 001 has lists of names and values; an object says the same. */
function namedValues(longest: number, most: number) {
  const toObject = (given: unknown) =>
    Array.isArray(given) && given.every((each) => typeof each?.name === 'string')
      ? Object.fromEntries(given.map(({ name, value }) => [name, value]))
      : given
  return z.preprocess(
    toObject,
    z
      .record(z.string().min(1).max(100), z.string().max(longest))
      .refine((given) => Object.keys(given).length <= most, `There can be at most ${most}`),
  )
}

/** Shown on the phone, and part of what it signs. */
export const clientContext = namedValues(LONGEST_CONTEXT, MOST_CONTEXT)
  .refine((given) => JSON.stringify(given).length <= LARGEST_CONTEXT, `Must be at most ${LARGEST_CONTEXT} characters`)
  .refine(
    (given) =>
      Object.entries(given)
        .flat()
        .every((each) => SHOWABLE.test(each)),
    SHOWABLE_MESSAGE,
  )

/** How whoever asks wants the person to be told. */
export const notification = z
  .strictObject({
    policy: z.strictObject({ id }).optional(),
    template: z
      .strictObject({
        name: z.enum(TEMPLATE_NAMES).optional(),
        /** Absent or blank means the default one (seed 001). */
        variant: z.string().trim().max(100).default(''),
        locale: text(35).default('en'),
        variables: namedValues(LONGEST_VARIABLE, MOST_VARIABLES).default({}),
      })
      .prefault({}),
    clientContext: clientContext.optional(),
  })
  .prefault({})

export type NotificationWish = z.output<typeof notification>
