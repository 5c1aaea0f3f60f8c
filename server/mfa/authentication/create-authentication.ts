import type { AuthenticationChange } from '../../challenge/action.ts'
import { askApprover } from '../../challenge/ask-approver.ts'
import { CHALLENGE, GRACE_MS } from '../../challenge/challenge.ts'
import { openChallenge } from '../../challenge/create-challenge.ts'
import { DEVICE_TYPES, type DeviceType } from '../../protocol/mfa.ts'
import { applications } from '../applications.ts'
import { demandTestModeAllowed, type MfaContext } from '../context.ts'
import { narrowest } from '../fido/compatibility.ts'
import { engageAnybody } from '../fido/engage-fido.ts'
import { useOwnChallenge } from '../fido/own-challenge.ts'
import { relyingPartyOf } from '../fido/relying-party.ts'
import { idOfNew, type Repeatable } from '../idempotency.ts'
import { invalidValue } from '../mfa-error.ts'
import { parse } from '../parse.ts'
import { type DevicePolicy, NUMBER_MATCHING, wantedPolicy } from '../policies.ts'
import { readSettings } from '../settings.ts'
import { demandTypeAllowed } from '../users/codes.ts'
import type { Device } from '../users/device.ts'
import { demandMfaEnabled, readUser } from '../users/user.ts'
import {
  type AuthenticatingChallenge,
  type Authentication,
  isAuthentication,
  type Kept,
  methodsOf,
  NOBODY,
  type OneTimeDevice,
} from './authentication.ts'
import { type NewAuthentication, newAuthentication } from './authentication-body.ts'
import { nameOf } from './authentication-view.ts'
import { chosenDevice, namedDevice, usableDevices } from './choose-device.ts'
import { type Engaged, engageDevice, engaged, sendForAuthentication } from './engage-device.ts'
import { beginOn, demandDrivable } from './move-authentication.ts'
import { demandMakesCodes, proveAtOnce } from './prove-at-once.ts'

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
): Promise<CreatedAuthentication> {
  const wanted = parse(newAuthentication, body)
  demandTestModeAllowed(context, wanted)
  const policy = await policyOf(context, wanted)
  demandStricter(wanted, policy)
  const kept = keptOf(context, wanted, policy)
  const id = await idOf(context, wanted, repeatable)
  const before = repeatable && (await context.challenges.store.read(CHALLENGE, id))
  if (isAuthentication(before)) return { challenge: before }
  const driven = wanted.waitingChallenge === undefined ? undefined : await demandDrivable(context, id)
  if (wanted.otp !== undefined) return { challenge: await openProven(context, id, wanted, wanted.otp, kept, policy) }

  const until = driven?.expiresAt ?? overAt(context, wanted)
  const chosen = await firstStep(context, { id, until, wanted, policy, kept })
  const part = engaged({ step: chosen.step, kept }, chosen, context.challenges.store.now())
  if (driven && chosen.ask) await askApprover(context.challenges, chosen.ask.user, driven)
  const challenge = await openWith(context, id, wanted, { part, ask: chosen.ask }, repeatable !== undefined)
  const { sending } = chosen
  // A repeat of the same wish was quicker: what it sends is good, and this is not.
  if (!sending || challenge.authentication.kept.code?.digest !== sending.code.digest) return { challenge }
  if (wanted.testMode) return { challenge, otp: sending.otp }
  return { challenge: await sendForAuthentication(context, id, sending) }
}

interface FirstStep {
  readonly id: string
  /** When its challenge will be over. Epoch milliseconds. */
  readonly until: number
  readonly wanted: NewAuthentication
  readonly policy: DevicePolicy
  readonly kept: Kept
}

/** Asks the device that was chosen, whoever it may be, or which device it shall be. */
async function firstStep(context: MfaContext, { id, until, wanted, policy, kept }: FirstStep): Promise<Engaged> {
  const anybody = wanted.usernameLess && engageAnybody(context, { kept, policy, until })
  const { device, others } = anybody ? {} : await deviceOf(context, wanted, policy, kept)
  if (kept.ownChallenge !== undefined) await useOwnChallenge(context, kept.ownChallenge, id)
  if (anybody) return anybody
  if (!device) return { step: { status: 'DEVICE_SELECTION_REQUIRED' }, kept: {} }
  return engageDevice(context, { challenge: id, kept, policy, device, others, until })
}

/** The challenge it will be. A repeat of what has come and gone is a new one: codes of the old one are worth nothing then. */
function idOf(context: MfaContext, wanted: NewAuthentication, repeatable: Repeatable | undefined): Promise<string> {
  const { store, random } = context.challenges
  return idOfNew(context, repeatable, wanted, {
    make: () => wanted.waitingChallenge ?? random.id(),
    hasGone: async (id, createdAt) =>
      store.now() >= createdAt + GRACE_MS && (await store.read(CHALLENGE, id)) === undefined,
  })
}

/** With a code in hand: it is over as soon as it begins. */
async function openProven(
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
  return openWith(context, id, wanted, { part, end: 'approved' }, wanted.waitingChallenge === undefined)
}

/** When its challenge will be over. Epoch milliseconds. */
function overAt({ challenges: { store } }: MfaContext, { challengeTimeout }: NewAuthentication): number {
  return store.now() + challengeTimeout * 1_000
}

async function openWith(
  context: MfaContext,
  id: string,
  wanted: NewAuthentication,
  change: AuthenticationChange,
  mayBeThere: boolean,
): Promise<AuthenticatingChallenge> {
  const ended = change.end && { challengeStatus: change.end, isChallengeComplete: true }
  const challenge = await (wanted.waitingChallenge === undefined
    ? openChallenge(context.challenges, id, { ...challengeOf(wanted), ...ended }, change)
    : beginOn(context, id, change, { mayBeThere }))
  if (!isAuthentication(challenge)) throw new Error('a challenge took the place of an authentication')
  return challenge
}

async function policyOf(
  context: MfaContext,
  { policy: wanted, application }: NewAuthentication,
): Promise<DevicePolicy> {
  const [policy, app] = await Promise.all([
    wantedPolicy(context, { policy: wanted }),
    application && applications.find(context, application.id),
  ])
  if (application && !app) throw invalidValue('application.id', 'There is no such application.')
  return policy
}

/** What a policy demands, nobody who asks can do without. */
function demandStricter({ numberMatching: wanted }: NewAuthentication, { mobile }: DevicePolicy): void {
  const { numberMatching: demanded } = mobile.push
  if (wanted === undefined || NUMBER_MATCHING.indexOf(wanted) >= NUMBER_MATCHING.indexOf(demanded)) return
  throw invalidValue('numberMatching', `The policy demands ${demanded}.`)
}

function keptOf(context: MfaContext, wanted: NewAuthentication, policy: DevicePolicy): Kept {
  const { user, application, notification, userAgent, testMode, retryable, numberMatching, display } = wanted
  const types = typesOf(wanted)
  return {
    user: user?.id ?? NOBODY,
    policy: policy.id,
    ...(application && { application: application.id }),
    ...(types && { types }),
    ...(wanted.rp?.id !== undefined && { rpId: relyingPartyOf(context, policy, wanted.rp).id }),
    ...(wanted.challenge !== undefined && { ownChallenge: wanted.challenge }),
    compatibility: narrowest(wanted.fidoCompatibility, wanted.compatibility),
    notification,
    ...(userAgent !== undefined && { userAgent }),
    ...(testMode && { isTest: true }),
    ...(numberMatching && { numberMatching }),
    ...(display && { display }),
    retryable: retryable ?? policy.mobile.push.retryable,
    authenticators: [],
  }
}

/** Seed 003: what is both included and excluded is excluded. */
function typesOf({ include, exclude }: NewAuthentication): readonly DeviceType[] | undefined {
  if (!include && !exclude) return undefined
  return DEVICE_TYPES.filter((type) => (include?.includes(type) ?? true) && !exclude?.includes(type))
}

/** The device to ask, and those that may answer in its place; none: the user is to choose. */
async function deviceOf(
  context: MfaContext,
  { selectedDevice }: NewAuthentication,
  policy: DevicePolicy,
  kept: Kept,
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
  return { device: chosenDevice(user, usable, policy, settings), others: usable }
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
