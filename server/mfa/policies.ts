import { z } from 'zod'
import { defineKind } from '../store/store.ts'
import type { Listed } from './catalogue.ts'
import type { MfaContext } from './context.ts'
import { Listing, type NamedEntry } from './listing.ts'
import { invalidValue } from './mfa-error.ts'
import { type Duration, duration, id, minutes, ownWords, seconds, text, withoutOwnWords } from './parse.ts'

const MOST_POLICIES = 100

const enabled = z.boolean().default(true)

/** So many wrong codes lock a device, for so long; 0: the authentication fails, and the device stays usable. */
function failure(coolDown: Duration) {
  return z
    .strictObject({
      count: z.number().int().min(1).max(7).default(3),
      coolDown: duration(0, 1_800).default(coolDown),
    })
    .prefault({})
}

/** For devices that codes are sent to. */
const sentCodes = z
  .strictObject({
    enabled,
    otp: z
      .strictObject({ failure: failure(minutes(0)), lifeTime: duration(60, 7_200).default(minutes(30)) })
      .prefault({}),
  })
  .prefault({})

/** From the least to the most. */
export const NUMBER_MATCHING = ['OFF', 'TWO_DIGITS', 'SIX_DIGITS'] as const
export type NumberMatchingRule = (typeof NUMBER_MATCHING)[number]

const phones = z
  .strictObject({
    enabled,
    otp: z
      .strictObject({
        failure: failure(minutes(2)),
        // The period of the codes that a paired phone shows.
        window: z.strictObject({ stepSize: duration(30, 60).default(seconds(30)) }).prefault({}),
      })
      .prefault({}),
    push: z
      .strictObject({
        lifeTime: duration(5, 1_800).default(minutes(2)),
        numberMatching: z.enum(NUMBER_MATCHING).default('TWO_DIGITS'),
        retryable: z.boolean().default(false),
      })
      .prefault({}),
    deviceAuthorization: z.strictObject({ enabled: z.boolean().default(false) }).prefault({}),
  })
  .prefault({})

const codeApps = z
  .strictObject({ enabled, otp: z.strictObject({ failure: failure(minutes(2)) }).prefault({}) })
  .prefault({})

const onOrOff = z.strictObject({ enabled }).prefault({})

const passkeys = z
  .strictObject({
    enabled,
    /** The relying party: a registrable suffix of the pages' origin. Absent: the host of the first of them. */
    rpId: z.string().min(1).max(253).optional(),
    rpName: text(64).optional(),
    userVerification: z.enum(['required', 'preferred', 'discouraged']).default('preferred'),
  })
  .prefault({})

export const DEVICE_SELECTIONS = ['DEFAULT_TO_FIRST', 'PROMPT_TO_SELECT', 'ALWAYS_DISPLAY_DEVICES'] as const

const policyBody = z
  .strictObject({
    ...ownWords,
    name: text(256),
    default: z.boolean().default(false),
    /** Kept and returned; while true, the policy can't be deleted. */
    forSignOnPolicy: z.boolean().default(false),
    sms: sentCodes,
    email: sentCodes,
    voice: sentCodes,
    mobile: phones,
    totp: codeApps,
    platform: onOrOff,
    securityKey: onOrOff,
    fido2: passkeys,
    oathToken: codeApps,
    yubikey: codeApps,
    desktop: onOrOff,
    authentication: z
      .strictObject({
        deviceSelection: z.enum(DEVICE_SELECTIONS).optional(),
        /** A new authentication takes the place of the one that the user has under way. */
        onePerUser: z.boolean().default(false),
      })
      .prefault({}),
    notificationPolicy: z.strictObject({ id }).optional(),
  })
  .transform(withoutOwnWords)

/** What must be proven, and the limits. */
export type DevicePolicy = NamedEntry & z.output<typeof policyBody>

const KIND = defineKind<Listed<DevicePolicy>>('device-authentication-policies')

export const devicePolicies = new Listing<DevicePolicy>({
  kind: KIND,
  most: MOST_POLICIES,
  builtIn: [{ id: 'built-in', createdAt: 0, updatedAt: 0, ...policyBody.parse({ name: 'Default', default: true }) }],
  body: policyBody,
  hasDefault: true,
  whyKept: ({ forSignOnPolicy }) => (forSignOnPolicy ? 'A sign-on policy uses it.' : undefined),
})

/** The policy a request names, or the default one. Throws when there is none such. */
export async function wantedPolicy(
  context: MfaContext,
  { policy: wanted }: { readonly policy?: { readonly id: string } | undefined },
): Promise<DevicePolicy> {
  const policy = await devicePolicies.find(context, wanted?.id ?? 'default')
  if (!policy) throw invalidValue('policy.id', 'There is no such policy.')
  return policy
}
