import { z } from 'zod'
import { CHALLENGE } from '../../challenge/challenge.ts'
import { openChallenge } from '../../challenge/create-challenge.ts'
import { newChallengeBody } from '../../challenge/parse.ts'
import { type Document, defineKind } from '../../store/store.ts'
import { applications } from '../applications.ts'
import { idOfChallenge } from '../authentication/id-of-challenge.ts'
import type { Manner, Memo } from '../authentication/manner.ts'
import { beginOn, demandDrivable } from '../authentication/move-authentication.ts'
import type { MfaContext } from '../context.ts'
import { type Repeatable, wishOf } from '../idempotency.ts'
import { invalidValue } from '../mfa-error.ts'
import { clientContext } from '../notifications/wish.ts'
import { duration, id, oneOf, parse, seconds, toMilliseconds } from '../parse.ts'
import { unmistakableCode } from '../unmistakable.ts'
import { type CodeChallenge, type CodePart, isCode } from './authentication-code.ts'

/** Fifty bits, for a minute or so, and few enough to be typed. */
const CODE_LENGTH = 10
const LEAST_SECONDS = 10
const MOST_SECONDS = 1_800

/** A code leads to its challenge. */
interface Lead extends Document {
  readonly challenge: string
}

const LEAD = defineKind<Lead>('authentication-code')

const lifeTime = z.preprocess(
  // Without a unit it is in seconds.
  (given) => (typeof given === 'object' && given !== null ? { timeUnit: 'SECONDS', ...given } : given),
  duration(LEAST_SECONDS, MOST_SECONDS),
)

const { updatedByFlowId, claimsNameValuePairs } = newChallengeBody.shape

const newAuthenticationCode = z.strictObject({
  application: z.strictObject({ id }),
  lifeTime: lifeTime.default(seconds(60)),
  userApproval: oneOf(['REQUIRED', 'NOT_REQUIRED']).default('REQUIRED'),
  clientContext: clientContext.default({}),
  /** An open challenge to be driven, instead of one of its own. */
  waitingChallenge: id.optional(),
  updatedByFlowId,
  claimsNameValuePairs,
})

type NewAuthenticationCode = z.output<typeof newAuthenticationCode>

/** Create Authentication Code: whoever's phone claims it signs on, without a user name. */
export async function createAuthenticationCode(
  context: MfaContext,
  body: unknown,
  repeatable?: Repeatable,
  { memo }: Pick<Manner, 'memo'> = {},
): Promise<CodeChallenge> {
  const wanted = parse(newAuthenticationCode, body)
  if (!(await applications.find(context, wanted.application.id))) {
    throw invalidValue('application.id', 'There is no such application.')
  }
  const { store } = context.challenges
  const challengeId = await idOfChallenge(context, wanted, memo, repeatable)
  const before = repeatable && (await store.read(CHALLENGE, challengeId))
  const wish = wishOf(repeatable)
  if (isCode(before) && (wanted.waitingChallenge === undefined || before.authentication.kept.begunBy === wish))
    return before
  const driven = wanted.waitingChallenge === undefined ? undefined : await demandDrivable(context, challengeId)
  const now = store.now()
  const expiresAt = Math.min(driven?.expiresAt ?? Number.POSITIVE_INFINITY, now + toMilliseconds(wanted.lifeTime))
  const part = partOf(wanted, { wish, memo, expiresAt, now })
  // The lead first: one that leads nowhere is harmless.
  await store.commit(LEAD, part.kept.code, { version: 1, challenge: challengeId, purgeAt: expiresAt })
  const challenge = driven
    ? await beginOn(context, challengeId, { part }, { wish, begunAt: now })
    : await openChallenge(context.challenges, challengeId, challengeOf(wanted), { part })
  if (!isCode(challenge)) throw new Error('another challenge took the place of an authentication code')
  return challenge
}

function partOf(
  wanted: NewAuthenticationCode,
  { wish, memo, expiresAt, now }: { wish: string | undefined; memo: Memo | undefined; expiresAt: number; now: number },
): CodePart {
  const { application, userApproval, clientContext: shown, lifeTime: life } = wanted
  return {
    step: { status: 'UNCLAIMED' },
    kept: {
      isCode: true,
      ...(wish !== undefined && { begunBy: wish }),
      ...(memo && { memo }),
      code: unmistakableCode(CODE_LENGTH),
      application: application.id,
      userApproval,
      clientContext: shown,
      lifeTime: life,
      expiresAt,
      steppedAt: now,
    },
  }
}

function challengeOf({ lifeTime: life, updatedByFlowId: flow, claimsNameValuePairs: claims }: NewAuthenticationCode) {
  return {
    challengeStatus: 'started',
    isChallengeComplete: false,
    challengeTimeout: Math.ceil(toMilliseconds(life) / 1_000),
    updatedByFlowId: flow,
    claimsNameValuePairs: claims,
  }
}

/** The challenge that a code leads to; undefined: none, or not any more. */
export async function findByCode({ challenges: { store } }: MfaContext, code: string): Promise<string | undefined> {
  return (await store.read(LEAD, code))?.challenge
}
