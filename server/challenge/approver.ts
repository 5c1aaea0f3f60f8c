import { type Document, defineKind } from '../store/store.ts'
import type { ChallengeContext } from './context.ts'

/** What is known of a person who approves. It never expires: a revoked token must stay dead. */
export interface ApproverRecord extends Document {
  /** Tokens issued until then are dead. Epoch milliseconds. */
  readonly revokedAt: number
}

export const APPROVER = defineKind<ApproverRecord>('approver')

/** Kills all of a user's approver tokens issued until now. */
export function revokeApprover(context: ChallengeContext, user: string): Promise<void> {
  return context.changes.change(APPROVER, user, (approver, now) => ({
    next: { version: (approver?.version ?? 0) + 1, revokedAt: now },
    result: undefined,
  }))
}

/** A token's time of issue counts whole seconds, so one of the very second of the revocation is dead too. */
export function isRevoked(approver: ApproverRecord | undefined, issuedAt: number): boolean {
  return approver !== undefined && issuedAt <= approver.revokedAt
}
