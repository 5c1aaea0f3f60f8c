import { z } from 'zod'
import { DEVICE_TYPES } from '../../protocol/mfa.ts'
import { isFidoType } from '../fido/fido-device.ts'
import { relyingParty } from '../fido/relying-party.ts'
import { notification } from '../notifications/wish.ts'
import { id, oneOf, text } from '../parse.ts'
import { keyOtp } from '../yubikey/key-otp.ts'

const LONGEST_NICKNAME = 100

/** Seed 001 offers it as free text, too: in any case, with spaces around it. */
const type = oneOf(DEVICE_TYPES)

/** As people write it, with a plus in front: kept as E.164. */
export const phone = z
  .string()
  .transform((given) => given.replace(/[\s().-]/g, ''))
  .pipe(z.string().regex(/^\+[1-9]\d{6,14}$/, 'Must be a phone number with its country code, as +49 30 1234567'))

export const email = z.email('Must be an e-mail address').max(254)

/** Seed 001: a comma separates an extension from one behind it. */
export const extension = z.string().regex(/^[\d,#*]{1,50}$/, 'Must be up to 50 digits, commas, # and *')

/** Seed 001's test-mode properties are text fields. */
export const testMode = z.preprocess(
  (given) => (given === 'true' ? true : given === 'false' || given === '' ? false : given),
  z.boolean(),
)

/** A browser's own word, which people are shown: what would turn its direction is left out. */
export const userAgent = text(500).transform((given) => given.replace(/[\u202a-\u202e\u2066-\u2069]/g, ''))

export const nickname = z.strictObject({
  // Empty: it has none any more.
  nickname: z.union([z.literal(''), text(LONGEST_NICKNAME)], `Must be at most ${LONGEST_NICKNAME} characters`),
})

const NEEDED = { EMAIL: 'email', SMS: 'phone', VOICE: 'phone', OATH_TOKEN: 'serialNumber', YUBIKEY: 'otp' } as const

/** What has to be proven first, and by what. */
const NEVER_ACTIVE_AT_ONCE = {
  TOTP: 'a code of its own',
  MOBILE: 'the claim of its pairing key',
  DESKTOP: 'the claim of its pairing key',
  FIDO2: 'an attestation',
  PLATFORM: 'an attestation',
  SECURITY_KEY: 'an attestation',
} as const

export const newDevice = z
  .strictObject({
    type,
    status: z.enum(['ACTIVE', 'ACTIVATION_REQUIRED']).default('ACTIVATION_REQUIRED'),
    phone: phone.optional(),
    extension: extension.optional(),
    email: email.optional(),
    nickname: text(LONGEST_NICKNAME).optional(),
    policy: z.strictObject({ id }).optional(),
    notification,
    /** Of a hardware token. */
    serialNumber: text(100).optional(),
    /** FIDO: overrides the policy's. */
    rp: relyingParty.optional(),
    /** Of a YubiKey. */
    otp: keyOtp.optional(),
    userAgent: userAgent.optional(),
    testMode: testMode.default(false),
  })
  .superRefine((given, context) => {
    const needed = NEEDED[given.type as keyof typeof NEEDED]
    if (needed && given[needed] === undefined) {
      context.addIssue({ code: 'custom', path: [needed], message: `A device of type ${given.type} needs one` })
    }
    for (const field of ['phone', 'email', 'serialNumber', 'otp'] as const) {
      if (field !== needed && given[field] !== undefined) {
        context.addIssue({ code: 'custom', path: [field], message: `A device of type ${given.type} has none` })
      }
    }
    if (given.extension !== undefined && needed !== 'phone') {
      context.addIssue({ code: 'custom', path: ['extension'], message: `A device of type ${given.type} has none` })
    }
    if (given.rp !== undefined && !isFidoType(given.type)) {
      context.addIssue({ code: 'custom', path: ['rp'], message: `A device of type ${given.type} has none` })
    }
    const activatedBy = NEVER_ACTIVE_AT_ONCE[given.type as keyof typeof NEVER_ACTIVE_AT_ONCE]
    if (activatedBy && given.status === 'ACTIVE') {
      context.addIssue({ code: 'custom', path: ['status'], message: `Such a device is activated by ${activatedBy}` })
    }
  })

export type NewDevice = z.output<typeof newDevice>

const code = z.string().min(1).max(20)

/** Two codes in a row tell where a token is that is far off. */
export const activation = z.strictObject({ otp: code, oathResync: code.optional() })
