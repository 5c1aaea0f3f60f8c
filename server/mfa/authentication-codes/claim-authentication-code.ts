import { z } from 'zod'
import { isSignedBy } from '../../auth/device-signature.ts'
import type { PairedDevice } from '../../challenge/approver.ts'
import { askApprover, CREATED_WITHIN_MS } from '../../challenge/ask-approver.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import type { PresentApprover } from '../../challenge/demand-approver.ts'
import { findChallenge } from '../../challenge/find-challenge.ts'
import { moveChallenge } from '../../challenge/move-challenge.ts'
import { signOnText } from '../../protocol/statement.ts'
import { tookTooLong } from '../authentication/move-authentication.ts'
import { displayOf } from '../authentication/question.ts'
import type { MfaContext } from '../context.ts'
import { notFound, refusal } from '../mfa-error.ts'
import { parse } from '../parse.ts'
import { devicePolicies } from '../policies.ts'
import { asMade } from '../unmistakable.ts'
import { demandTypeAllowed } from '../users/codes.ts'
import { demandMfaEnabled, type PairedPhone, pairedPhoneOf, readUser } from '../users/user.ts'
import { type CodeChallenge, type CodePart, isCode, isCodePart } from './authentication-code.ts'
import { findByCode } from './create-authentication-code.ts'

const claim = z.strictObject({
  code: z.string().max(100).transform(asMade),
  /** By the phone's key, over code and key (`signOnText`): base64url. */
  signature: z.string().max(200),
})

/**
 * A paired phone has read an authentication code, and says by its key who its owner is. Where they have to approve, the
 * phone is asked now; else it is done. Used, expired and unknown codes are refused alike.
 */
export async function claimAuthenticationCode(
  context: MfaContext,
  approver: PresentApprover,
  body: unknown,
): Promise<CodeChallenge> {
  const { code, signature } = parse(claim, body)
  const { user: userId, paired } = approver
  if (!paired) throw refusal('REQUEST_FAILED', 'DEVICE_NOT_ACTIVE', 'Only a paired phone can claim a code.')
  demandSigned(paired, code, signature)
  const id = await findByCode(context, code)
  const found = id === undefined ? undefined : await findChallenge(context.challenges, id)
  if (!isCode(found)) throw notFound()
  const user = await readUser(context, userId)
  demandMfaEnabled(user)
  const phone = pairedPhoneOf(user, paired.id)
  demandTypeAllowed(context, await devicePolicies.get(context, 'default'), phone.type, 'code')
  if (phone.phone.application.id !== found.authentication.kept.application) {
    const message = 'This code is for phones of another application.'
    throw refusal('REQUEST_FAILED', 'APPLICATION_NOT_ALLOWED', message, { target: 'code' })
  }
  const claimedAt = context.challenges.store.now()
  const asks = found.authentication.kept.userApproval === 'REQUIRED'
  if (asks && isOpen(found.authentication, claimedAt)) await askApprover(context.challenges, userId, found)
  const moved = await moveChallenge(context.challenges, found.id, {
    type: 'authenticate',
    advance: (part, now) => {
      if (!part || !isCodePart(part)) throw notFound()
      if (part.kept.user === userId && part.kept.device === paired.id) return { part }
      if (!isOpen(part, now)) throw notFound()
      if (now >= claimedAt + CREATED_WITHIN_MS) throw tookTooLong()
      return claimed(part, { userId, phone, driven: found, now })
    },
  })
  if (!moved || !isCode(moved.challenge) || (moved.refusal && !isClaimedBy(moved.challenge, userId, paired.id)))
    throw notFound()
  // The phone that has claimed it is in its owner's hand: it need not be woken up.
  return moved.challenge
}

function demandSigned({ publicKey, thumbprint }: PairedDevice, code: string, signature: string): void {
  if (isSignedBy(publicKey, signOnText(code, thumbprint), signature)) return
  throw refusal('REQUEST_FAILED', 'FOREIGN_KEY', 'The signature is not by the key of this phone, over this code.', {
    target: 'signature',
  })
}

function isClaimedBy({ authentication: { kept } }: CodeChallenge, user: string, device: string): boolean {
  return kept.user === user && kept.device === device
}

function isOpen({ step, kept }: CodePart, now: number): boolean {
  return step.status === 'UNCLAIMED' && now < kept.expiresAt
}

interface Claiming {
  readonly userId: string
  readonly phone: PairedPhone
  /** What its backend wants shown stands before our own words. */
  readonly driven: Challenge
  readonly now: number
}

function claimed(part: CodePart, { userId, phone, driven, now }: Claiming) {
  const device = { type: phone.type, name: phone.nickname ?? phone.phone.name }
  const kept = { ...part.kept, user: userId, device: phone.id, steppedAt: now }
  if (kept.userApproval === 'NOT_REQUIRED') {
    return { part: { step: { status: 'COMPLETED' as const, device }, kept }, end: 'approved' as const }
  }
  const display = displayOf({ display: driven.display, clientContext: kept.clientContext, title: 'Sign in' })
  return {
    part: { step: { status: 'CLAIMED' as const, device }, kept },
    ask: { user: userId, device: phone.id, until: kept.expiresAt, display, number: driven.numberMatching },
  }
}
