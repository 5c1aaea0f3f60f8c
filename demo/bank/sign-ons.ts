import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { AssentError, type Backend, type BackendView, type CreatedChallenge } from '../../client-sdk/index.ts'

/** The claim by which a challenge knows the browser it was opened for; only backends ever see claims. */
const BROWSER_CLAIM = 'browser'

/** What the hub says to an id it has forgotten, or that is none. */
const UNKNOWN: readonly string[] = ['challenge_not_found', 'invalid_request']

export interface SignOn {
  readonly challenge: CreatedChallenge
  /** For the browser's cookie: says which challenge, and proves that it was opened from here. */
  readonly ticket: string
}

export interface SignOnRequest {
  readonly user: string
  readonly browser: string
  readonly address: string
  /** Seconds. */
  readonly timeout: number
}

/** Asks the user's phone. The hub keeps the browser's secret as a hash, so any instance of the bank can finish this. */
export async function openSignOn(
  backend: Backend,
  { user, browser, address, timeout }: SignOnRequest,
): Promise<SignOn> {
  const secret = randomBytes(32).toString('base64url')
  const challenge = await backend.createChallenge({
    challengeTimeout: timeout,
    approver: user,
    numberMatching: 2,
    claimsNameValuePairs: [{ name: BROWSER_CLAIM, value: hash(secret) }],
    display: {
      title: 'Sign in to Harbour Bank',
      fields: [
        { label: 'Who', value: user },
        { label: 'What', value: 'Sign in to online banking' },
        { label: 'Where', value: `${browser}, ${address}` },
      ],
    },
  })
  return { challenge, ticket: `${challenge.challenge}.${secret}` }
}

/** The challenge a ticket stands for, as the hub knows it; undefined when the ticket isn't this challenge's. */
export async function findSignOn(backend: Backend, ticket: string | undefined): Promise<BackendView | undefined> {
  const [id, secret] = ticket?.split('.', 2) ?? []
  if (!id || !secret) return undefined
  const challenge = await findChallenge(backend, id)
  const claim = challenge?.claimsNameValuePairs.find(({ name }) => name === BROWSER_CLAIM)
  return claim && isSame(claim.value, hash(secret)) ? challenge : undefined
}

/**
 * Whether nobody has signed in with this before, at whichever instance of the bank: the hub settles it, because it takes
 * one body under one key, and no other.
 */
export async function redeemSignOn(backend: Backend, challenge: string): Promise<boolean> {
  const who = randomBytes(32).toString('base64url')
  const redemption = { challengeStatus: 'redeemed', isChallengeComplete: true, updatedByFlowId: who }
  try {
    await backend.createChallenge(redemption, { idempotencyKey: `redeemed ${challenge}` })
    return true
  } catch (error) {
    if (error instanceof AssentError && error.code === 'idempotency_key_reused') return false
    throw error
  }
}

async function findChallenge(backend: Backend, id: string): Promise<BackendView | undefined> {
  try {
    return await backend.getChallenge(id)
  } catch (error) {
    if (error instanceof AssentError && UNKNOWN.includes(error.code)) return undefined
    throw error
  }
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
