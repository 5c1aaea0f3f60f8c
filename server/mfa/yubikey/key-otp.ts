import { z } from 'zod'

/** What a key encrypts at each press; what comes before it, always the same, says which key it is. */
const ENCRYPTED = 32
const LONGEST = 48

/**
 * What a key types at a press: modhex, which comes out the same on most keyboards. A key that was set up without a public id
 * can't be told from another, and so can't be anybody's.
 */
export const keyOtp = z
  .string()
  .transform((given) => given.trim().toLowerCase())
  .pipe(
    z
      .string()
      .regex(
        new RegExp(`^[cbdefghijklnrtuv]{${ENCRYPTED + 1},${LONGEST}}$`),
        'Must be what a YubiKey types, with a public id',
      ),
  )

/** The key that typed it. @param otp a whole one */
export function publicIdOf(otp: string): string {
  return otp.slice(0, -ENCRYPTED)
}
