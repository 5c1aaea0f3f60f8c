import type { Engaged } from '../authentication/engage-device.ts'
import { purposeOf } from '../authentication/engage-device.ts'
import type { MfaContext } from '../context.ts'
import { newSentCode } from '../otp/sent-code.ts'
import { minutes, seconds, toMilliseconds } from '../parse.ts'
import { unmistakableCode } from '../unmistakable.ts'
import type { FailureRule } from '../users/attempt.ts'
import { drawPicture } from './draw-picture.ts'

/** Those that stay apart when they are turned, bent and struck through: no 2 and Z, 5 and S, 8 and B, C and G, E and F, U and V. */
const ALPHABET = 'ACEHJKMNPRTUWXY34679'
const LENGTH = 6

/** How long somebody has to read it. Milliseconds. */
const LIFE_MS = toMilliseconds(minutes(3))

/** Policies speak of devices: of a picture this holds. The same picture is shown for every attempt. */
export const PICTURE_RULE: FailureRule = { count: 3, coolDown: seconds(0) }

/** Draws a code that is sent to nobody. Of the text only a digest is left; of the picture, what it takes to show it again. */
export async function engagePicture(
  { challenges: { store }, otpKeys }: MfaContext,
  challenge: string,
  until: number,
): Promise<Engaged> {
  const text = unmistakableCode(LENGTH, ALPHABET)
  const picture = (await drawPicture(text)).toString('base64')
  const now = store.now()
  const code = newSentCode(otpKeys, purposeOf(challenge), text, { now, lifeMs: Math.min(LIFE_MS, until - now) })
  return { step: { status: 'OTP_REQUIRED' }, kept: { code, picture, isOneChance: true } }
}
