import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type Document, defineKind } from '../../store/store.ts'
import { applications } from '../applications.ts'
import type { MfaContext } from '../context.ts'
import { idOfNew, type Repeatable } from '../idempotency.ts'
import { invalidValue, notFound, refusal } from '../mfa-error.ts'
import { id, parse } from '../parse.ts'
import { unmistakableCode } from '../unmistakable.ts'
import { changeUser, readUser, type User } from '../users/user.ts'
import { CLAIM_WITHIN_MS, isUnclaimed, KEPT_MS, MOST_UNCLAIMED, type PairingKey } from './pairing-key.ts'

/** Sixty bits: more than can be guessed in ten minutes, and few enough to be typed. */
const CODE_LENGTH = 12

/** A code leads to the user whose pairing key it is. */
interface Lead extends Document {
  readonly user: string
  readonly key: string
}

const LEAD = defineKind<Lead>('pairing-code')

const named = z.strictObject({ id })

const newPairingKey = z
  .strictObject({
    applications: z.array(named).max(100).optional(),
    /** The same, as seed 001 has it. */
    applicationIds: z.array(id).max(100).optional(),
  })
  .transform((given) => [
    ...new Set([...(given.applications ?? []).map((each) => each.id), ...(given.applicationIds ?? [])]),
  ])

/** Create Pairing Key: whichever phone claims it first becomes a device of the user's. */
export async function createPairingKey(
  context: MfaContext,
  userId: string,
  body: unknown,
  repeatable?: Repeatable,
): Promise<PairingKey> {
  const wanted = parse(newPairingKey, body)
  const known = await applications.all(context)
  if (wanted.some((application) => known.every((each) => each.id !== application))) {
    throw invalidValue('applications', 'There is no such application.')
  }
  const keyId = await idOfNew(context, repeatable, { userId, wanted })
  return addPairingKey(context, userId, { id: keyId, applications: wanted, device: randomUUID() })
}

/** Adds a pairing key to a user; a repeat finds it. */
export async function addPairingKey(
  context: MfaContext,
  userId: string,
  wanted: Pick<PairingKey, 'id' | 'applications' | 'device'>,
): Promise<PairingKey> {
  const code = unmistakableCode(CODE_LENGTH)
  // The lead first: one that leads to no key is harmless, and a key that nothing leads to can't be claimed.
  const expiresAt = context.challenges.store.now() + CLAIM_WITHIN_MS
  // As long as the key: a claim that was cut short can be said again after its time.
  const purgeAt = expiresAt + KEPT_MS
  await context.challenges.store.commit(LEAD, code, { version: 1, user: userId, key: wanted.id, purgeAt })
  return changeUser(context, userId, (user, now) => {
    const keys = user.pairingKeys ?? []
    const first = keys.find((key) => key.id === wanted.id)
    if (first) return { result: first }
    const open = keys.filter((key) => isUnclaimed(key, now))
    if (open.length >= MOST_UNCLAIMED) throw tooMany(open, now)
    const made: PairingKey = {
      ...wanted,
      code,
      status: 'UNCLAIMED',
      createdAt: now,
      updatedAt: now,
      expiresAt,
    }
    return { next: { ...user, pairingKeys: [...keys, made] }, result: made }
  })
}

function tooMany(open: readonly PairingKey[], now: number) {
  const message = `At most ${MOST_UNCLAIMED} pairing keys of a user may wait to be claimed.`
  const retryAfter = (Math.min(...open.map(({ expiresAt }) => expiresAt)) - now) / 1_000
  return refusal('REQUEST_LIMITED', 'LIMIT_EXCEEDED', message, { target: 'user', retryAfter })
}

export async function listPairingKeys(context: MfaContext, userId: string): Promise<readonly PairingKey[]> {
  return (await readUser(context, userId)).pairingKeys ?? []
}

export async function getPairingKey(context: MfaContext, userId: string, keyId: string): Promise<PairingKey> {
  return pairingKeyOf(await readUser(context, userId), keyId)
}

/** Delete Pairing Key (seed 001: an unclaimed one). A device that waits for it stays, and waits in vain. */
export function deletePairingKey(context: MfaContext, userId: string, keyId: string): Promise<void> {
  return changeUser(context, userId, (user) => {
    const { status } = pairingKeyOf(user, keyId)
    if (status === 'CLAIMED') {
      throw refusal('CONFLICT', 'PAIRING_KEY_CLAIMED', 'This pairing key has been claimed: delete its device instead.')
    }
    return { next: { ...user, pairingKeys: user.pairingKeys?.filter((key) => key.id !== keyId) }, result: undefined }
  })
}

function pairingKeyOf({ pairingKeys }: User, keyId: string): PairingKey {
  const key = pairingKeys?.find((each) => each.id === keyId)
  if (!key) throw notFound()
  return key
}

/** Whose pairing key a code is; undefined: nobody's, or not any more. */
export async function findLead({ challenges: { store } }: MfaContext, code: string): Promise<Lead | undefined> {
  return store.read(LEAD, code)
}
