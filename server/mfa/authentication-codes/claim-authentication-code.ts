import { z } from 'zod'
import { isSignedBy } from '../../auth/device-signature.ts'
import type { PairedDevice } from '../../challenge/approver.ts'
import { askApprover, CREATED_WITHIN_MS } from '../../challenge/ask-approver.ts'
import type { PresentApprover } from '../../challenge/demand-approver.ts'
import { findChallenge } from '../../challenge/find-challenge.ts'
import { moveChallenge } from '../../challenge/move-challenge.ts'
import { HubError } from '../../errors.ts'
import { signOnText } from '../../protocol/statement.ts'
import type { MfaContext } from '../context.ts'
import { notFound, refusal } from '../mfa-error.ts'
import { parse } from '../parse.ts'
import { asMade } from '../unmistakable.ts'
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
      if (now >= claimedAt + CREATED_WITHIN_MS)
        throw new HubError('busy', 'This took too long. Try again.', { retryAfter: 1 })
      return claimed(part, { userId, phone, until: part.kept.expiresAt, now })
    },
  })
  if (!moved || moved.refusal || !isCode(moved.challenge)) throw notFound()
  // The phone that has claimed it is in its owner's hand: it need not be woken up.
  return moved.challenge
}

function demandSigned({ publicKey, thumbprint }: PairedDevice, code: string, signature: string): void {
  if (isSignedBy(publicKey, signOnText(code, thumbprint), signature)) return
  throw refusal('REQUEST_FAILED', 'FOREIGN_KEY', 'The signature is not by the key of this phone, over this code.', {
    target: 'signature',
  })
}

function isOpen({ step, kept }: CodePart, now: number): boolean {
  return step.status === 'UNCLAIMED' && now < kept.expiresAt
}

interface Claiming {
  readonly userId: string
  readonly phone: PairedPhone
  readonly until: number
  readonly now: number
}

function claimed(part: CodePart, { userId, phone, until, now }: Claiming) {
  const device = { type: phone.type, name: phone.nickname ?? phone.phone.name }
  const kept = { ...part.kept, user: userId, device: phone.id, steppedAt: now }
  if (kept.userApproval === 'NOT_REQUIRED') {
    return { part: { step: { status: 'COMPLETED' as const, device }, kept }, end: 'approved' as const }
  }
  const fields = Object.entries(kept.clientContext).map(([label, value]) => ({ label, value }))
  const display = { title: 'Sign in', ...(fields.length > 0 && { fields }) }
  return {
    part: { step: { status: 'CLAIMED' as const, device }, kept },
    ask: { user: userId, device: phone.id, until, display },
  }
}
