import { z } from 'zod'
import { newChallengeBody } from '../../challenge/parse.ts'
import { DEVICE_TYPES, type DeviceType } from '../../protocol/mfa.ts'
import { compatibility } from '../fido/compatibility.ts'
import { FIDO_TYPES } from '../fido/fido-device.ts'
import { ownChallenge } from '../fido/own-challenge.ts'
import { relyingParty } from '../fido/relying-party.ts'
import { notification } from '../notifications/wish.ts'
import { id, oneOf } from '../parse.ts'
import { NUMBER_MATCHING } from '../policies.ts'
import { email, extension, phone, testMode, userAgent } from '../users/device-body.ts'

const named = z.strictObject({ id })

const oneTime = z
  .strictObject({
    type: oneOf(['EMAIL', 'SMS', 'VOICE']),
    email: email.optional(),
    phone: phone.optional(),
    extension: extension.optional(),
  })
  .superRefine((given, context) => {
    const [needed, other] = given.type === 'EMAIL' ? (['email', 'phone'] as const) : (['phone', 'email'] as const)
    if (given[needed] === undefined) {
      context.addIssue({ code: 'custom', path: [needed], message: `A device of type ${given.type} needs one` })
    }
    if (given[other] !== undefined) {
      context.addIssue({ code: 'custom', path: [other], message: `A device of type ${given.type} has none` })
    }
  })

/** Types of device, or all that are of one kind (seed 003). */
const CATEGORIES = {
  OTP: ['EMAIL', 'SMS', 'VOICE', 'TOTP', 'OATH_TOKEN', 'YUBIKEY'],
  PUSH: ['MOBILE', 'DESKTOP'],
  FIDO: FIDO_TYPES,
} as const

function isCategory(word: DeviceType | keyof typeof CATEGORIES): word is keyof typeof CATEGORIES {
  return Object.hasOwn(CATEGORIES, word)
}

const types = z
  .array(oneOf([...DEVICE_TYPES, 'OTP', 'PUSH', 'FIDO']))
  .max(20)
  .transform((given) => given.flatMap((each): readonly DeviceType[] => (isCategory(each) ? CATEGORIES[each] : [each])))

/** Digits, or what a key types. */
const code = z.string().min(1).max(64)

const { challengeTimeout, updatedByFlowId, claimsNameValuePairs, display } = newChallengeBody.shape

const fields = z.strictObject({
  user: named.optional(),
  /** Whoever has a FIDO device is who that says. */
  usernameLess: z.boolean().default(false),
  policy: named.optional(),
  application: named.optional(),
  selectedDevice: z.union([named, z.strictObject({ oneTime })], 'Must be an id, or oneTime').optional(),
  notification,
  otp: code.optional(),
  /** What an app on a paired phone has signed: whose it is. */
  mobilePayload: z.string().max(4_096).optional(),
  /** Of FIDO devices: for whom they sign, what, and which can be asked. */
  rp: relyingParty.pick({ id: true }).optional(),
  challenge: ownChallenge.optional(),
  fidoCompatibility: compatibility.optional(),
  compatibility: compatibility.optional(),
  userAgent: userAgent.optional(),
  testMode: testMode.default(false),
  include: types.optional(),
  exclude: types.optional(),
  retryable: z.boolean().optional(),
  numberMatching: oneOf(NUMBER_MATCHING).optional(),
  /** An open challenge to be driven, instead of one of its own. */
  waitingChallenge: id.optional(),
  challengeTimeout,
  updatedByFlowId,
  claimsNameValuePairs,
  display,
})

/** Who names nobody can name nothing of theirs, and a phone names its owner, and itself. */
const OF_SOMEBODY = ['user', 'selectedDevice', 'otp', 'mobilePayload'] as const
const OF_PHONE = ['user', 'selectedDevice', 'otp'] as const

export const newAuthentication = fields.superRefine((given, context) => {
  const say = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
  if (given.mobilePayload !== undefined && !given.usernameLess) {
    if (given.application === undefined) say('application', 'The application is needed whose phone says so')
    for (const field of OF_PHONE) if (given[field] !== undefined) say(field, 'There is none with mobilePayload')
    return
  }
  if (!given.usernameLess) {
    if (given.user === undefined) say('user', 'A user is needed')
    return
  }
  for (const field of OF_SOMEBODY) if (given[field] !== undefined) say(field, 'There is none with usernameLess')
})

export type NewAuthentication = z.output<typeof newAuthentication>

export const selection = z.strictObject({ device: named, compatibility: compatibility.optional() })
export const beginning = fields.pick({ mobilePayload: true })
export const passcode = z.strictObject({ otp: code })
export const cancellation = z.strictObject({ reason: z.unknown().optional() })
