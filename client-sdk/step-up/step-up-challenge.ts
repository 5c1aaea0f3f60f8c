/* What a step-up challenge is, as the hub's `/auth/challenges` says it. Times are ISO 8601 in UTC. */

/** A question put to a user before one operation is done: which ways there are to answer it, and how far it has come. */
export interface StepUpChallenge {
  readonly _id: string
  /** `verified`: proven and not yet used; `redeemed`: used, once and for all. */
  readonly state: 'pending' | 'verified' | 'redeemed' | 'failed' | 'expired'
  readonly createdAt: string
  readonly expiresAt: string
  readonly userId: string
  /** What it is for. */
  readonly operation?: string
  /** At its creation only: what the page waits with, by `waitForStatus` or `<assent-waiting>`. */
  readonly waitToken?: string
  /** At its creation only: its id on the hub's own API. */
  readonly challenge?: string
  readonly _embedded: { readonly authenticators: readonly StepUpAuthenticator[] }
}

/** One way to answer it. */
export interface StepUpAuthenticator {
  readonly _id: string
  /** `push`, `email`, `sms`, `voice`, `totp`, `oathToken`, `yubikey`, `securityKey`, `biometric`. */
  readonly type: string
  /** `otp`, `hardware`, `device`. */
  readonly category: string
  readonly state: 'pending' | 'started' | 'verified' | 'failed' | 'expired'
  /** What a person knows it by: a nickname, or an address, masked. */
  readonly label: string
}

/** And what only whoever starts it is told. */
export interface StartedAuthenticator extends StepUpAuthenticator {
  /** Of a passkey: what `PublicKeyCredential.parseRequestOptionsFromJSON` takes. */
  readonly publicKeyCredentialRequestOptions?: object
  /** Of a phone: the digits to show, which the person types there. */
  readonly number?: string
}
