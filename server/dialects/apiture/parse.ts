import { z } from 'zod'
import { newChallengeBody } from '../../challenge/parse.ts'
import type { Question } from '../../http/endpoint.ts'
import type { DeviceProof } from '../../mfa/authentication/by-device.ts'
import { id, parse, text } from '../../mfa/parse.ts'
import { devicesMeantBy } from './authenticator-types.ts'

/** Comma-separated names of types or categories; an empty one is as good as none. */
const words = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((each) => each.split(',')))
  .transform((given) => given.map((each) => each.trim()).filter((each) => each !== ''))
  .superRefine((given, context) => {
    const unknown = given.filter((word) => devicesMeantBy(word).length === 0)
    if (unknown.length > 0) {
      context.addIssue({ code: 'custom', message: 'Must name types or categories of authenticators' })
    }
  })
  .transform((given) => (given.length === 0 ? undefined : [...new Set(given.flatMap(devicesMeantBy))]))

const filters = z.strictObject({ include: words.optional(), exclude: words.optional() })

const operation = text(200)

const newChallenge = z
  .strictObject({
    user: z.strictObject({ id }).optional(),
    userId: id.optional(),
    operation: operation.optional(),
    ttl: newChallengeBody.shape.challengeTimeout,
    display: newChallengeBody.shape.display,
    policy: z.strictObject({ id }).optional(),
  })
  .superRefine(({ user, userId }, context) => {
    if ((user === undefined) !== (userId === undefined)) return
    context.addIssue({ code: 'custom', path: ['userId'], message: 'Either userId or user.id is needed, and not both' })
  })
  .transform(({ user, userId, ...rest }) => ({ userId: userId ?? user?.id ?? '', ...rest }))

export type NewChallenge = z.output<typeof newChallenge> & z.output<typeof filters>

export function parseNewChallenge({ query, body }: Pick<Question, 'query' | 'body'>): NewChallenge {
  return { ...parse(newChallenge, body), ...parse(filters, query) }
}

const LONGEST = { code: 64, assertion: 65_536, origin: 300 }

const proof = z.union(
  [
    z.strictObject({ code: z.string().min(1).max(LONGEST.code) }),
    z.strictObject({
      assertion: z.string().min(1).max(LONGEST.assertion),
      origin: z.string().min(1).max(LONGEST.origin),
    }),
  ],
  'Must be code, or assertion and origin',
)

export const parseProof = (body: unknown): DeviceProof => parse(proof, body)

const purpose = z.strictObject({ userId: id.optional(), operation: operation.optional() })

/** What whoever redeems a challenge takes it to be for. */
export type Purpose = z.output<typeof purpose>

export const parsePurpose = (body: unknown): Purpose => parse(purpose, body)
