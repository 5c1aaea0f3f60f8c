import { z } from 'zod'
import { nonce, readSigned } from '../../auth/device-signature.ts'
import { HubError } from '../../errors.ts'
import { PAYLOAD_TYPE, type PublicKey } from '../../protocol/statement.ts'
import { type Document, defineKind } from '../../store/store.ts'
import type { MfaContext } from '../context.ts'
import { MfaError, refusal } from '../mfa-error.ts'
import { isActive } from '../users/device.ts'
import { type PairedPhone, pairedPhoneOf, readUser } from '../users/user.ts'
import { findPairedDevice } from './device-token.ts'

/** So long a payload is good at most. Seconds. */
const LONGEST_LIFE = 120
/** By so much a phone's clock may be wrong. Seconds. */
const SKEW = 60

const payload = z.strictObject({
  iss: z.string(),
  aud: z.string(),
  application: z.string(),
  iat: z.number(),
  exp: z.number(),
  jti: nonce,
})

/** A payload that was taken, and for which challenge, for as long as it could be shown again. */
interface Taken extends Document {
  readonly challenge: string
}

const TAKEN = defineKind<Taken>('mobile-payload')

/** Who speaks, and with which phone. */
export interface NamedByPhone {
  readonly user: string
  readonly phone: PairedPhone
}

export interface MobilePayload {
  /** As it came: a JWS by the key of a paired phone. */
  readonly text: string
  readonly application: string
  /** What it is spent for: said again for the same one, it is good again. */
  readonly challenge: string
  /** Whose it has to be; undefined: anybody's. */
  readonly user?: string
}

/** Reads what a phone has signed to say whose it is. Throws `INVALID_MOBILE_PAYLOAD`, whatever is wrong with it. */
export async function takeMobilePayload(context: MfaContext, given: MobilePayload): Promise<NamedByPhone> {
  const { store } = context.challenges
  const issuer = issuerOf(given.text)
  const found = issuer === undefined ? undefined : await findPairedDevice(context, issuer)
  if (!found) throw invalid('No paired phone has signed it.')
  const { user, device } = found
  if (given.user !== undefined && user !== given.user) throw invalid('It is of somebody else.')
  const signed = verified(given.text, device.publicKey)
  const now = store.now() / 1_000
  if (signed.aud !== (await context.environment.id())) throw invalid('It is for another environment.')
  if (signed.application !== given.application) throw invalid('It is of another application.')
  if (signed.exp - signed.iat > LONGEST_LIFE) throw invalid(`It is good for longer than ${LONGEST_LIFE} seconds.`)
  if (now < signed.iat - SKEW || now >= signed.exp) throw invalid('It has expired, or is not good yet.')
  const phone = activePhone(pairedPhoneOf(await readUser(context, user), device.id), given.application)
  await spend(context, `${device.id} ${signed.jti}`, given.challenge, signed.exp * 1_000)
  return { user, phone }
}

function verified(text: string, key: PublicKey): z.output<typeof payload> {
  try {
    return readSigned(text, key, PAYLOAD_TYPE, payload)
  } catch (error) {
    throw error instanceof HubError && !(error instanceof MfaError) ? invalid(error.detail) : error
  }
}

/** Not yet believed: it says whose key to believe it by. */
function issuerOf(text: string): string | undefined {
  const claims = z.object({ iss: z.string().min(1).max(100) })
  try {
    return claims.parse(JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())).iss
  } catch {
    return undefined
  }
}

function activePhone(phone: PairedPhone, application: string): PairedPhone {
  if (!isActive(phone) || phone.phone.application.id !== application) throw invalid('It is of another application.')
  return phone
}

async function spend({ challenges: { changes } }: MfaContext, name: string, challenge: string, purgeAt: number) {
  const takenFor = await changes.change(TAKEN, name, (taken) =>
    taken ? { result: taken.challenge } : { next: { version: 1, challenge, purgeAt }, result: challenge },
  )
  if (takenFor !== challenge) throw invalid('It has been used.')
}

function invalid(message: string): MfaError {
  return refusal('REQUEST_FAILED', 'INVALID_MOBILE_PAYLOAD', message, { target: 'mobilePayload' })
}
