import { findChallenge } from '../../challenge/find-challenge.ts'
import { type AuthenticatingChallenge, isAuthentication } from '../authentication/authentication.ts'
import { usableDevices } from '../authentication/choose-device.ts'
import type { MfaContext } from '../context.ts'
import { notFound } from '../mfa-error.ts'
import { devicePolicies } from '../policies.ts'
import { type ContactDevice, isActive, isContact } from '../users/device.ts'
import { readUser } from '../users/user.ts'
import { CONNECTION, type Connection, nameOf } from './connection.ts'

/** How things stand on a connection. */
export interface Standing {
  readonly connection: Connection
  /** What runs, or ran last, as long as that can be read. */
  readonly challenge?: AuthenticatingChallenge | undefined
  /** What is asked now; undefined: nothing that could be answered. */
  readonly question?: Question | undefined
}

export interface Question {
  readonly number: number
  /** Where a code may be sent; undefined: the question is what was sent, or what a picture shows. */
  readonly choices?: readonly Choice[] | undefined
}

/** A device that can be used now, and the key that means it for as long as the question stands: devices that came since have none. */
export interface Choice {
  readonly key: number
  readonly device: ContactDevice
}

/** What was begun on a connection, and the connection as it was then. */
export interface Begun {
  readonly challenge: AuthenticatingChallenge
  readonly connection: Connection
}

/** Throws `NOT_FOUND` when the connection was never bound. */
export async function readConnection({ challenges: { store } }: MfaContext, number: number): Promise<Connection> {
  const connection = await store.read(CONNECTION, nameOf(number))
  if (!connection) throw notFound()
  return connection
}

export async function readStanding(context: MfaContext, number: number): Promise<Standing> {
  const connection = await readConnection(context, number)
  const { latest } = connection
  const challenge = latest && (await findChallenge(context.challenges, latest.challenge))
  if (!latest || !isAuthentication(challenge)) return { connection }
  return { connection, challenge, question: await questionOf(context, challenge, latest.number) }
}

/** How things stand with what was begun a moment ago. */
export async function standingOf(context: MfaContext, { challenge, connection }: Begun): Promise<Standing> {
  const { latest } = connection
  return { connection, challenge, question: latest && (await questionOf(context, challenge, latest.number)) }
}

async function questionOf(
  context: MfaContext,
  challenge: AuthenticatingChallenge,
  first: number,
): Promise<Question | undefined> {
  const { step, kept } = challenge.authentication
  if (challenge.complete) return undefined
  if (kept.picture !== undefined) return { number: first }
  const [user, policy] = await Promise.all([
    readUser(context, kept.user),
    devicePolicies.getOrDefault(context, kept.policy),
  ])
  if (step.status === 'OTP_REQUIRED') {
    // Whatever it was sent, a device that is gone proves nothing.
    const isThere = user.devices.some((device) => device.id === kept.device && isActive(device))
    return isThere ? { number: first + 1 } : undefined
  }
  const usable = usableDevices(context, user, policy, kept).filter(isContact)
  const choices = (kept.offered ?? []).flatMap((id, key) => {
    const device = usable.find((each) => each.id === id)
    return device ? [{ key, device }] : []
  })
  return choices.length > 0 ? { number: first, choices } : undefined
}

/** What a number is the number of. `over`: of a question that is not asked any more. */
export function askedBy({ connection: { firstNumber, nextNumber }, question }: Standing, number: number) {
  if (number === question?.number) return 'open'
  return number >= firstNumber && number < (question?.number ?? nextNumber) ? 'over' : 'unknown'
}
