import { findChallenge } from '../../challenge/find-challenge.ts'
import { moveChallenge } from '../../challenge/move-challenge.ts'
import { toBackendView } from '../../challenge/views.ts'
import type { AuthenticationCodeStatus, AuthenticationCodeView } from '../../protocol/mfa.ts'
import type { MfaContext } from '../context.ts'
import { notFound } from '../mfa-error.ts'
import { isPhone } from '../users/device.ts'
import { readUser } from '../users/user.ts'
import { toIso } from '../views.ts'
import { type CodeChallenge, isCode } from './authentication-code.ts'

export async function getAuthenticationCode(context: MfaContext, id: string): Promise<CodeChallenge> {
  const challenge = await findChallenge(context.challenges, id)
  if (!isCode(challenge)) throw notFound()
  return challenge
}

/** Nobody can claim or approve it any more. */
export async function deleteAuthenticationCode(context: MfaContext, id: string): Promise<void> {
  const { authentication } = await getAuthenticationCode(context, id)
  await moveChallenge(context.challenges, id, {
    type: 'authenticate',
    advance: (part) => ({
      part: { ...(part ?? authentication), step: { ...authentication.step, status: 'FAILED' } },
      end: 'cancelled',
      ask: 'nobody',
    }),
  })
}

export function statusOf(challenge: CodeChallenge, now: number): AuthenticationCodeStatus {
  const { complete, authentication } = challenge
  const { status } = authentication.step
  const isWaiting = status === 'UNCLAIMED' || status === 'CLAIMED'
  if (!isWaiting) return status
  if (complete) return challenge.status === 'timed_out' ? 'EXPIRED' : 'FAILED'
  return now >= authentication.kept.expiresAt ? 'EXPIRED' : status
}

/** Shows an authentication code as backends see it. */
export async function showAuthenticationCode(
  context: MfaContext,
  challenge: CodeChallenge,
): Promise<AuthenticationCodeView> {
  const { kept } = challenge.authentication
  const [environment, device] = await Promise.all([context.environment.id(), describedDevice(context, challenge)])
  const status = statusOf(challenge, context.challenges.store.now())
  const self = { href: `/v1/authenticationCodes/${challenge.id}` }
  const isOpen = status === 'UNCLAIMED'
  return {
    id: challenge.id,
    ...(isOpen && { code: kept.code, uri: context.phoneLink('sign-on', kept.code) }),
    status,
    userApproval: kept.userApproval,
    ...(kept.user !== undefined && { user: { id: kept.user } }),
    application: { id: kept.application },
    lifeTime: kept.lifeTime,
    clientContext: kept.clientContext,
    ...(status === 'FAILED' && { error: errorOf(challenge) }),
    ...toIso({
      createdAt: challenge.createdAt,
      updatedAt: Math.max(kept.steppedAt ?? 0, challenge.statusUpdatedAt),
      expiresAt: kept.expiresAt,
    }),
    environment: { id: environment },
    _links: {
      self,
      ...(isOpen && { qr: { href: `${self.href}/qr` } }),
      challenge: { href: `/v1/challenges/${challenge.id}` },
    },
    _embedded: { ...(device && { device }), challenge: toBackendView(challenge) },
  }
}

function errorOf({ status }: CodeChallenge) {
  return status === 'cancelled'
    ? { code: 'CANCELLED', message: 'It was withdrawn.' }
    : { code: 'NOT_PROVEN', message: 'Its challenge was ended before it was approved.' }
}

async function describedDevice(context: MfaContext, { authentication: { kept } }: CodeChallenge) {
  if (kept.user === undefined) return undefined
  const { devices } = await readUser(context, kept.user)
  const device = devices.find(({ id }) => id === kept.device)
  if (!device || !isPhone(device) || !device.phone) return undefined
  const { os, model, application } = device.phone
  return { id: device.id, ...(os && { os }), ...(model && { model }), application }
}
