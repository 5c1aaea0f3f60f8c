import { askApprover } from '../../challenge/ask-approver.ts'
import { CHALLENGE } from '../../challenge/challenge.ts'
import { demandTestModeAllowed, type MfaContext } from '../context.ts'
import { engageAnybody } from '../fido/engage-fido.ts'
import { useOwnChallenge } from '../fido/own-challenge.ts'
import { type Repeatable, wishOf } from '../idempotency.ts'
import { invalidValue } from '../mfa-error.ts'
import { parse } from '../parse.ts'
import { engagePicture } from '../pictures/engage-picture.ts'
import type { DevicePolicy } from '../policies.ts'
import { readSettings } from '../settings.ts'
import { demandTypeAllowed } from '../users/codes.ts'
import type { Device } from '../users/device.ts'
import { demandMfaEnabled, readUser } from '../users/user.ts'
import { type AuthenticatingChallenge, isAuthentication, type Kept, type OneTimeDevice } from './authentication.ts'
import { type NewAuthentication, newAuthentication } from './authentication-body.ts'
import { isAuthorizedBy, namedByPhone, openAuthorized } from './authorize-by-phone.ts'
import { chosenDevice, namedDevice, usableDevices } from './choose-device.ts'
import { type Engaged, engageDevice, engaged, giveBack, overWithCode, sendForAuthentication } from './engage-device.ts'
import { keptOf, policyOf } from './first-kept.ts'
import { idOfChallenge } from './id-of-challenge.ts'
import type { Manner } from './manner.ts'
import { demandDrivable } from './move-authentication.ts'
import { settlePlace } from './only-one.ts'
import { openProven, openWith, overAt } from './open-authentication.ts'

/** An authentication, and what only whoever began it is told. */
export interface CreatedAuthentication {
  readonly challenge: AuthenticatingChallenge
  /** In test mode: the code. */
  readonly otp?: string | undefined
}

/** Begins an authentication: opens its challenge, and asks the device that was chosen, if one was. */
export async function createAuthentication(
  context: MfaContext,
  body: unknown,
  repeatable?: Repeatable,
  manner: Manner = {},
): Promise<CreatedAuthentication> {
  const asked = parse(newAuthentication, body)
  demandTestModeAllowed(context, asked)
  const policy = await policyOf(context, asked)
  const id = manner.id ?? (await idOfChallenge(context, asked, manner.memo, repeatable))
  const wish = wishOf(repeatable)
  const before = repeatable && (await context.challenges.store.read(CHALLENGE, id))
  // Of a challenge that others made, only what this very wish began is its repeat.
  if (
    isAuthentication(before) &&
    (asked.waitingChallenge === undefined || before.authentication.kept.begunBy === wish)
  ) {
    return { challenge: await settlePlace(context, before) }
  }
  const driven = asked.waitingChallenge === undefined ? undefined : await demandDrivable(context, id)
  const begunAt = context.challenges.store.now()
  const { wanted, phone } = await namedByPhone(context, id, asked)
  const kept = {
    ...keptOf(context, wanted, policy, driven),
    ...(wish !== undefined && { begunBy: wish }),
    memo: manner.memo,
    isOneChance: manner.isOneChance,
    isSole: isSole(wanted, policy, manner),
  }
  if (phone && (await isAuthorizedBy(context, phone, policy))) {
    return { challenge: await openAuthorized(context, id, wanted, kept, phone, policy) }
  }
  if (wanted.otp !== undefined) return { challenge: await openProven(context, id, wanted, wanted.otp, kept, policy) }

  const until = driven?.expiresAt ?? overAt(context, wanted)
  const chosen = await firstStep(context, { id, until, wanted, policy, kept, manner })
  const part = engaged({ step: chosen.step, kept }, chosen, context.challenges.store.now())
  // Whoever may not be asked loses nothing: what there is of theirs is not touched before.
  if (chosen.ask && (driven || kept.isSole)) {
    await askApprover(context.challenges, chosen.ask.user, driven ?? { id, expiresAt: until })
  }
  const change = { part, ask: chosen.ask, until: overWithCode(part.kept) }
  const challenge = await openWith(context, id, wanted, change, { wish, begunAt, until }).catch(
    async (error: unknown) => {
      await giveBack(context, kept, chosen)
      throw error
    },
  )
  const { sending } = chosen
  // A repeat of the same wish was quicker: what it sends is good, and this is not.
  if (!sending || challenge.authentication.kept.code?.digest !== sending.code.digest) {
    await giveBack(context, kept, chosen)
    return { challenge }
  }
  if (wanted.testMode) return { challenge, otp: sending.otp }
  return { challenge: await sendForAuthentication(context, id, sending) }
}

/** Whoever names nobody is nobody's only one, nor is what proves nothing of anybody. */
function isSole({ usernameLess }: NewAuthentication, policy: DevicePolicy, manner: Manner): true | undefined {
  return !usernameLess && !manner.isByPicture && (manner.isSole || policy.authentication.onePerUser) ? true : undefined
}

interface FirstStep {
  readonly id: string
  /** When its challenge will be over. Epoch milliseconds. */
  readonly until: number
  readonly wanted: NewAuthentication
  readonly policy: DevicePolicy
  readonly kept: Kept
  readonly manner: Manner
}

/** Asks the device that was chosen, whoever it may be, or which device it shall be. */
async function firstStep(context: MfaContext, step: FirstStep): Promise<Engaged> {
  const { id, until, wanted, policy, kept, manner } = step
  if (manner.isDeferred) {
    demandMfaEnabled(await readUser(context, kept.user))
    return { step: { status: 'AUTHENTICATION_REQUIRED' }, kept: {} }
  }
  if (manner.isByPicture) return engagePicture(context, id, until)
  const anybody = wanted.usernameLess && engageAnybody(context, { kept, policy, until })
  const { device, others } = anybody ? {} : await deviceOf(context, step)
  if (kept.ownChallenge !== undefined) await useOwnChallenge(context, kept.ownChallenge, id)
  if (anybody) return anybody
  if (!device) {
    const offered = manner.asksWhich && others ? { offered: others.map((each) => each.id) } : {}
    return { step: { status: 'DEVICE_SELECTION_REQUIRED' }, kept: offered }
  }
  return engageDevice(context, { challenge: id, kept, policy, device, others, until })
}

/** The device to ask, and those that may answer in its place; none: the user is to choose. */
async function deviceOf(
  context: MfaContext,
  { wanted: { selectedDevice }, policy, kept, manner }: FirstStep,
): Promise<{ device?: Device | OneTimeDevice | undefined; others?: readonly Device[] }> {
  if (selectedDevice && 'oneTime' in selectedDevice) {
    const { type, email, phone, extension } = selectedDevice.oneTime
    if (kept.types && !kept.types.includes(type)) throw invalidValue('selectedDevice.oneTime.type', 'It is excluded.')
    demandTypeAllowed(context, policy, type, 'selectedDevice.oneTime.type')
    return { device: { type, address: email ?? phone ?? '', extension } }
  }
  const [user, settings] = await Promise.all([readUser(context, kept.user), readSettings(context)])
  demandMfaEnabled(user)
  const usable = usableDevices(context, user, policy, kept)
  if (selectedDevice) return { device: namedDevice(context, user, usable, selectedDevice.id, 'selectedDevice.id') }
  return { device: chosenDevice(user, usable, policy, settings, manner), others: usable }
}
