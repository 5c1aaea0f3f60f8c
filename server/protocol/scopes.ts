/** What a token may say its bearer may do. `scope` in a token is one space-separated string of these. */
export const SCOPES = [
  'challenges:write',
  'challenges:read',
  'challenges:wait',
  'challenges:approve',
  'mfa:write',
  'mfa:read',
] as const

export type Scope = (typeof SCOPES)[number]
