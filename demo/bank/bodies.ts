import { z } from 'zod'
import { centsOf } from '../money.ts'
import { TYPES } from './bank-api.ts'

/** What pages send, each checked once, here. */

const id = z.string().min(1).max(100)
/** People type it as it is shown, in groups. */
const code = z
  .string()
  .max(20)
  .transform((typed) => typed.replace(/\s/g, ''))
  .pipe(z.string().min(1))
/** JSON of what the browser's own functions gave; the hub reads it. */
const credential = z.string().min(1).max(20_000)

export const user = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u)

/** Seconds a person has to answer, unless the page asks for fewer. */
const MOST_SECONDS = 300

const timeout = z.coerce.number().min(1).max(MOST_SECONDS).default(MOST_SECONDS)

/** `passkeys`: whether this browser can have any, at this address. */
export const newSignOn = z.object({ user, timeout, passkeys: z.boolean().default(false) })
export const chosenDevice = z.object({ device: id })
export const typedCode = z.object({ otp: code })
export const signedAssertion = z.object({ assertion: credential })

export const newDevice = z.discriminatedUnion('type', [
  z.object({ type: z.enum(TYPES).exclude(['EMAIL']) }),
  z.object({ type: z.literal('EMAIL'), email: z.string().trim().min(3).max(254) }),
])
export const activation = z.union([typedCode, z.object({ attestation: credential })])
export const newName = z.object({ name: z.string().trim().max(100) })

/** A line of text that a person can read. */
const line = z
  .string()
  .trim()
  .max(60)
  .regex(/^\P{C}*$/u)

export const newTransfer = z.object({
  payee: line.min(1),
  amount: z.string().transform((typed, context) => {
    const cents = centsOf(typed)
    if (cents === undefined) context.addIssue({ code: 'custom', message: 'Must be an amount' })
    return cents ?? z.NEVER
  }),
  reference: line.default(''),
})

export type WantedTransfer = z.output<typeof newTransfer>
export type NewDevice = z.output<typeof newDevice>
