import { GRACE_MS } from '../../challenge/challenge.ts'
import { HubError } from '../../errors.ts'
import type { AuthenticatingChallenge } from '../authentication/authentication.ts'
import { usableDevices } from '../authentication/choose-device.ts'
import { createAuthentication } from '../authentication/create-authentication.ts'
import type { MfaContext } from '../context.ts'
import { MfaError, notFound } from '../mfa-error.ts'
import { wantedPolicy } from '../policies.ts'
import { readUser } from '../users/user.ts'
import { CONNECTION, type Connection, nameOf, QUESTIONS, type Run } from './connection.ts'
import { giveUp } from './give-up.ts'
import { type Begun, readConnection, readStanding, type Standing } from './standing.ts'

/** So often a beginning is begun again that a new binding has overtaken. */
const TRIES = 5

const SENT_TO = ['SMS', 'VOICE', 'EMAIL'] as const

/**
 * Begins an authentication on a connection, or finds the one that is open. It is named in the connection's document before
 * it is there: whoever begins at the same moment begins the same one, and one that was cut short is finished by the next.
 * Undefined: the user has nothing that could be asked; what was named is begun once they have, and what was begun before is
 * given up.
 */
export async function beginOnConnection(context: MfaContext, number: number): Promise<Begun | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const standing = await readStanding(context, number)
    const { challenge, connection } = standing
    if (connection.former !== undefined) await giveUp(context, connection.former)
    if (challenge && standing.question) return { challenge, connection }
    // Nothing that was offered can be used any more.
    if (challenge && !challenge.complete) await giveUp(context, challenge.id)
    const named = await nameNext(context, number, standing)
    const begun = await begin(context, named).catch(unlessNothingToAsk)
    if (!begun) return undefined
    const now = await readConnection(context, number)
    if (now.latest?.challenge === begun.id) return { challenge: begun, connection: now }
    // Bound to somebody else meanwhile, by whom it was not seen.
    await giveUp(context, begun.id)
  }
  throw new HubError('busy', 'The connection is being bound anew. Try again.', { retryAfter: 1 })
}

function unlessNothingToAsk(error: unknown): undefined {
  const [reason] = error instanceof MfaError ? error.details : []
  if (reason?.code !== 'NO_USABLE_DEVICES' && reason?.code !== 'MFA_DISABLED') throw error
}

/** Whether there is what it takes to begin: of devices, one that can be sent a code. */
export async function canBegin(context: MfaContext, { user: id, by }: Connection): Promise<boolean> {
  if (by === 'picture') return true
  const [user, policy] = await Promise.all([readUser(context, id), wantedPolicy(context, {})])
  return user.mfaEnabled && usableDevices(context, user, policy, { types: SENT_TO }).length > 0
}

/** The connection with the run that is to be begun: a new one, unless one is named that was never begun. */
function nameNext(context: MfaContext, number: number, standing: Standing): Promise<Named> {
  const { changes, random } = context.challenges
  const over = runThatIsOver(context, standing)
  const challenge = random.id()
  return changes.change<Connection, Named>(CONNECTION, nameOf(number), (connection, now) => {
    if (!connection) throw notFound()
    const { latest, nextNumber, former } = connection
    if (latest && latest.challenge !== over) return { result: { ...connection, latest } }
    const next = {
      ...connection,
      version: connection.version + 1,
      latest: { challenge, number: nextNumber, begunAt: now },
      nextNumber: nextNumber + QUESTIONS,
      // What was given up; what is to be since is another one.
      former: former === standing.connection.former ? undefined : former,
    }
    return { next, result: next }
  })
}

type Named = Connection & { readonly latest: Run }

/** What is absent was never begun, or has come and gone: none is purged within the grace time after its beginning, so age tells. */
function runThatIsOver(
  { challenges: { store } }: MfaContext,
  { connection: { latest }, challenge }: Standing,
): string | undefined {
  if (!latest || challenge) return latest?.challenge
  return store.now() >= latest.begunAt + GRACE_MS ? latest.challenge : undefined
}

async function begin(
  context: MfaContext,
  { user, by, challengeTimeout, latest }: Named,
): Promise<AuthenticatingChallenge> {
  const isByPicture = by === 'picture'
  const body = { user: { id: user }, include: isByPicture ? [] : SENT_TO, retryable: false, challengeTimeout }
  const manner = { id: latest.challenge, asksWhich: true, isOneChance: true, isByPicture }
  const { challenge } = await createAuthentication(context, body, undefined, manner)
  return challenge
}
