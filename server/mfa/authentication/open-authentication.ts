import type { AuthenticationChange } from '../../challenge/action.ts'
import { openChallenge } from '../../challenge/create-challenge.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue } from '../mfa-error.ts'
import type { DevicePolicy } from '../policies.ts'
import { demandMfaEnabled, readUser } from '../users/user.ts'
import {
  type AuthenticatingChallenge,
  type Authentication,
  isAuthentication,
  type Kept,
  methodsOf,
} from './authentication.ts'
import type { NewAuthentication } from './authentication-body.ts'
import { nameOf } from './authentication-view.ts'
import { namedDevice, usableDevices } from './choose-device.ts'
import { beginOn } from './move-authentication.ts'
import { giveBackPlace, settlePlace, takePlace } from './only-one.ts'
import { demandMakesCodes, proveAtOnce } from './prove-at-once.ts'

/**
 * Opens the challenge that an authentication is, or begins it on one that is open already; where it is to be the user's only
 * one, in the place of the one before.
 */
export async function openWith(
  context: MfaContext,
  id: string,
  wanted: NewAuthentication,
  change: AuthenticationChange & { readonly part: Authentication },
  how: Opening,
): Promise<AuthenticatingChallenge> {
  const { user, isSole } = change.part.kept
  if (isSole) await takePlace(context, user, { challenge: id, until: how.until })
  const ended = change.end && { challengeStatus: change.end, isChallengeComplete: true }
  const challenge = await (wanted.waitingChallenge === undefined
    ? openChallenge(context.challenges, id, { ...challengeOf(wanted), ...ended }, change)
    : beginOn(context, id, change, how).catch(async (error: unknown) => {
        if (isSole) await giveBackPlace(context, user, id)
        throw error
      }))
  if (!isAuthentication(challenge)) throw new Error('a challenge took the place of an authentication')
  return settlePlace(context, challenge)
}

interface Opening {
  /** A repeat of the same wish may have been quicker. */
  readonly wish: string | undefined
  /** When the inbox was told of it, and when its challenge is over. Epoch milliseconds. */
  readonly begunAt: number
  readonly until: number
}

/** What is over as soon as it begins asks nobody, and is not begun on what has begun. */
export function atOnce(context: MfaContext, wanted: NewAuthentication): Opening {
  return { wish: undefined, begunAt: context.challenges.store.now(), until: overAt(context, wanted) }
}

/** With a code in hand: it is over as soon as it begins. */
export async function openProven(
  context: MfaContext,
  id: string,
  wanted: NewAuthentication,
  otp: string,
  kept: Kept,
  policy: DevicePolicy,
): Promise<AuthenticatingChallenge> {
  if (wanted.selectedDevice && 'oneTime' in wanted.selectedDevice) {
    throw invalidValue('otp', 'A one-time device makes no codes by itself.')
  }
  const user = await readUser(context, kept.user)
  demandMfaEnabled(user)
  const usable = usableDevices(context, user, policy, kept)
  const named =
    wanted.selectedDevice && namedDevice(context, user, usable, wanted.selectedDevice.id, 'selectedDevice.id')
  if (named) demandMakesCodes(named)
  const inHand = { challenge: id, until: overAt(context, wanted), user: kept.user, otp }
  const device = await proveAtOnce(context, inHand, named ? [named] : usable, policy)
  const part: Authentication = {
    step: { status: 'COMPLETED', device: { type: device.type, name: nameOf(device) } },
    kept: { ...kept, device: device.id, authenticators: methodsOf(device.type) },
  }
  return openWith(context, id, wanted, { part, end: 'approved' }, atOnce(context, wanted))
}

/** When its challenge will be over. Epoch milliseconds. */
export function overAt({ challenges: { store } }: MfaContext, { challengeTimeout }: NewAuthentication): number {
  return store.now() + challengeTimeout * 1_000
}

function challengeOf({ challengeTimeout, updatedByFlowId, claimsNameValuePairs, display }: NewAuthentication) {
  return {
    challengeStatus: 'started',
    isChallengeComplete: false,
    challengeTimeout,
    updatedByFlowId,
    claimsNameValuePairs,
    display,
  }
}
