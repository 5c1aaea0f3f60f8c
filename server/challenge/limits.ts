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

/** So many requests may wait for one person's answer at a time. */
export const PENDING_PER_APPROVER = 100
