import { z } from 'zod'
import { nonce, readSigned } from '../../auth/device-signature.ts'
import { APPROVER, type PairedDevice } from '../../challenge/approver.ts'
import { HubError } from '../../errors.ts'
import { PROOF_TYPE } from '../../protocol/statement.ts'
import { type Document, defineKind } from '../../store/store.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue, notFound, refusal } from '../mfa-error.ts'
import { parse } from '../parse.ts'

/** How long a phone can use a token before it has to prove itself again. Milliseconds. */
const LIFE_MS = 3_600_000
/** By so much a phone's clock may be wrong. Milliseconds. */
const SKEW_MS = 60_000

/** A device leads to its owner. */
interface Owner extends Document {
  readonly user: string
}

const OWNER = defineKind<Owner>('device-owner')

/** A proof that was taken, for as long as it could be shown again. */
const PROVEN = defineKind<Document>('device-proof')

export interface DeviceToken {
  readonly token: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** A token for what a person does at a phone, good for whoever holds the phone's key. */
export function issueDeviceToken(
  { challenges: { issueToken, store } }: MfaContext,
  user: string,
  { id, thumbprint }: Pick<PairedDevice, 'id' | 'thumbprint'>,
): DeviceToken {
  const now = store.now()
  const expiresAt = now + LIFE_MS
  const claims = { scope: 'challenges:approve', sub: user, device: id, cnf: { jkt: thumbprint } } as const
  return { token: issueToken(claims, now, expiresAt), expiresAt }
}

export function rememberOwner({ challenges: { changes } }: MfaContext, device: string, user: string): Promise<void> {
  return changes.change(OWNER, device, (owner) => {
    if (owner?.user === user) return { result: undefined }
    return { next: { version: (owner?.version ?? 0) + 1, user }, result: undefined }
  })
}

/** A device that has been paired, whose it is, and since when their tokens are good. */
export interface OwnedDevice {
  readonly user: string
  readonly device: PairedDevice
  /** Epoch milliseconds. */
  readonly revokedAt: number
}

/** The device by its id alone; undefined: it is not paired, or not any more. */
export async function findPairedDevice(
  { challenges: { store } }: MfaContext,
  id: string,
): Promise<OwnedDevice | undefined> {
  const owner = await store.read(OWNER, id)
  const record = owner && (await store.read(APPROVER, owner.user))
  const device = record?.devices?.find((each) => each.id === id)
  return owner && record && device && { user: owner.user, device, revokedAt: record.revokedAt }
}

const question = z.strictObject({ proof: z.string().max(4_096) })

const proof = z.strictObject({
  aud: z.string(),
  iat: z.number(),
  jti: nonce,
})

/** A phone proves that it holds its key, and is given a fresh token. Each proof is good once. */
export async function renewDeviceToken(context: MfaContext, deviceId: string, body: unknown): Promise<DeviceToken> {
  const said = parse(question, body)
  const { store } = context.challenges
  const found = await findPairedDevice(context, deviceId)
  if (!found) throw notFound()
  const { user, device, revokedAt } = found
  const { aud, iat, jti } = readSigned(said.proof, device.publicKey, PROOF_TYPE, proof)
  if (aud !== (await context.environment.id())) throw invalidValue('proof', 'The proof is for another environment.')
  const now = store.now()
  if (Math.abs(iat * 1_000 - now) > SKEW_MS) {
    const message = "The phone's clock is wrong, or the proof is old."
    throw refusal('REQUEST_FAILED', 'CLOCK_SKEW', message, { target: 'proof' })
  }
  // Tokens count whole seconds: one of this very second would be dead.
  if (Math.floor(now / 1_000) * 1_000 <= revokedAt) {
    throw new HubError('busy', 'The tokens were revoked at this moment. Try again.', { retryAfter: 1 })
  }
  const taken = await store.commit(PROVEN, `${deviceId} ${jti}`, { version: 1, purgeAt: iat * 1_000 + 2 * SKEW_MS })
  if (taken !== 'committed') {
    throw refusal('REQUEST_FAILED', 'SIGNATURE_REUSED', 'This proof has been used.', { target: 'proof' })
  }
  return issueDeviceToken(context, user, device)
}
