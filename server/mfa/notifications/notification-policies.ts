import { z } from 'zod'
import type { DeliveryMethod } from '../../delivery/delivery.ts'
import { defineKind } from '../../store/store.ts'
import type { Listed } from '../catalogue.ts'
import { Listing, type NamedEntry } from '../listing.ts'
import { ownWords, text, withoutOwnWords } from '../parse.ts'

const MOST_POLICIES = 100
const MOST_QUOTAS = 10

const DELIVERY_METHODS = ['SMS', 'VOICE', 'EMAIL'] as const satisfies DeliveryMethod[]

const quota = z.strictObject({
  /** Whose messages are counted: those to one user, or all. */
  type: z.enum(['USER', 'ENVIRONMENT']),
  deliveryMethods: z
    .array(z.enum(DELIVERY_METHODS))
    .min(1)
    .max(DELIVERY_METHODS.length)
    .refine((given) => new Set(given).size === given.length, 'Must be unique'),
  /** So many a day. */
  total: z.number().int().min(0).max(10_000_000),
})

const policyBody = z
  .strictObject({
    ...ownWords,
    name: text(256),
    default: z.boolean().default(false),
    quotas: z.array(quota).max(MOST_QUOTAS).default([]),
  })
  .transform(withoutOwnWords)

/** Who may be sent how many messages a day. */
export type NotificationPolicy = NamedEntry & z.output<typeof policyBody>

export const notificationPolicies = new Listing<NotificationPolicy>({
  kind: defineKind<Listed<NotificationPolicy>>('notification-policies'),
  most: MOST_POLICIES,
  builtIn: [
    {
      id: 'built-in',
      createdAt: 0,
      updatedAt: 0,
      // What a person may well need in a day, and far below what a thief of messages would like.
      ...policyBody.parse({
        name: 'Default',
        default: true,
        quotas: [
          { type: 'USER', deliveryMethods: ['SMS', 'VOICE'], total: 30 },
          { type: 'USER', deliveryMethods: ['EMAIL'], total: 60 },
        ],
      }),
    },
  ],
  body: policyBody,
  hasDefault: true,
})
