/** What became of a YubiKey's code: it is good now, it was used before, or it is none of this key's. */
export type KeyVerdict = 'right' | 'reused' | 'wrong'

/** Knows whether a YubiKey's code is good: only who made the keys can read what is in it. */
export interface YubikeyValidator {
  /** Asking uses the code up. Rejects with `ValidationFailed` when nobody said anything that can be believed. */
  validate(otp: string): Promise<KeyVerdict>
}

/** Why nothing is known of a code; for the log, never for whoever asked. */
export class ValidationFailed extends Error {
  override readonly name = 'ValidationFailed'
}
