import jwt from 'jsonwebtoken'
import type { ApprovalView, PageView } from '../../server/protocol/challenge.ts'

/** A challenge that has just been started. */
export function page(part: Partial<PageView> = {}): PageView {
  return {
    challenge: 'IXaa0MwwUFtrI4AJedpr4ha40wZmEeOisisRPFlnA0c',
    challengeStatus: 'started',
    isChallengeComplete: false,
    createdDate: 1_635_345_345_300,
    statusUpdatedDate: 1_635_345_345_300,
    expiresDate: 1_635_345_645_300,
    version: 1,
    statusVersion: 1,
    serverDate: 1_635_345_345_300,
    ...part,
  }
}

export function approval(challenge: string, version = 1): ApprovalView {
  const { createdDate, expiresDate, serverDate } = page()
  return { challenge, version, display: { title: `Sign on (${challenge})` }, createdDate, expiresDate, serverDate }
}

/** A wait token as the hub mints it; nobody verifies it here. */
export function waitToken(since = 1, challenge = page().challenge): string {
  return jwt.sign({ scope: 'challenges:wait', challenge, since }, 'a secret of at least 32 characters', {
    expiresIn: 300,
  })
}
