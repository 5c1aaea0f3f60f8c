/** How much of everything is taken. Characters, unless the name says otherwise. */
export const TEXT_LIMITS = {
  challengeId: 100,
  status: 50,
  flowId: 100,
  claims: 50,
  claimName: 100,
  claimValue: 1_000,
  user: 200,
  title: 200,
  message: 1_000,
  fields: 20,
  label: 100,
  value: 500,
  reason: 500,
  signature: 8_192,
  idempotencyKey: 200,
  timeoutSeconds: 86_400,
  pollMilliseconds: 600_000,
} as const

/** How much may be asked of one person, so that nobody is worn down into approving. */
export interface ApproverLimits {
  /** Requests that wait for an answer at a time. */
  readonly pendingPerApprover: number
  /** Requests within a minute; an approval shows that somebody attends, and the count begins anew. */
  readonly requestsPerApproverMinute: number
  /** How long nobody may ask a person who has said `not_me`. Seconds; 0: no longer than before. */
  readonly silenceSeconds: number
}
