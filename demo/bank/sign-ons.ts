import { randomBytes } from 'node:crypto'
import { AssentError, type BackendView, NOT_ME } from '../../client-sdk/index.ts'
import type { AuthenticationStep, AuthenticationView, DeviceType } from '../../server/protocol/mfa.ts'
import type { Hub } from './bank.ts'
import type { Proof, SignOn, SignOnCode, Step } from './bank-api.ts'
import type { Ticket } from './seals.ts'
import { toWay } from './to-way.ts'

/** Seconds a code without a name can be scanned, and then be answered. */
const CODE_SECONDS = 120

/** What the hub says to an id it has forgotten, or that is none. */
const UNKNOWN: readonly string[] = ['NOT_FOUND', 'INVALID_DATA', 'challenge_not_found', 'invalid_request']

const PHONES: readonly DeviceType[] = ['MOBILE', 'DESKTOP']
const SIGNING: readonly DeviceType[] = ['FIDO2', 'PLATFORM', 'SECURITY_KEY']

export function isPhone(type: DeviceType): boolean {
  return PHONES.includes(type)
}

export interface SignOnRequest {
  readonly user: string
  readonly browser: string
  readonly address: string
  /** Seconds. */
  readonly timeout: number
  /** Whether the browser can have passkeys. */
  readonly passkeys: boolean
  /** Leaves phones alone: nobody may ask them now. */
  readonly withoutPhones?: boolean
}

export interface Opened<View> {
  readonly ticket: Ticket
  readonly view: View
}

/** Asks the user's default device. */
export async function openSignOn({ mfa }: Hub, wanted: SignOnRequest): Promise<Opened<SignOn>> {
  const { rawResponse } = await mfa.createDeviceAuthentication({
    userId: wanted.user,
    challengeTimeout: wanted.timeout,
    fidoCompatibility: wanted.passkeys ? 'FULL' : 'NONE',
    exclude: wanted.withoutPhones ? PHONES : undefined,
    display: {
      title: 'Sign in to Harbour Bank',
      fields: [{ label: 'Who', value: wanted.user }, ...placeOf(wanted)],
    },
  })
  return opened(rawResponse)
}

/** Asks for any passkey of the bank's: whose it is says who it is. */
export async function openPasskeySignOn({ mfa }: Hub): Promise<Opened<SignOn>> {
  const { rawResponse } = await mfa.createDeviceAuthentication({ usernameLess: true })
  return opened(rawResponse)
}

/** Shows a code: whoever's phone claims it is who it is. */
export async function openCode(
  { mfa }: Hub,
  where: Pick<SignOnRequest, 'browser' | 'address'>,
): Promise<Opened<SignOnCode>> {
  const { authenticationCode } = await mfa.createAuthenticationCode({
    authenticatingApplicationId: 'assent',
    duration: CODE_SECONDS,
    clientContext: placeOf(where).map(({ label, value }) => ({ name: label, value })),
  })
  const { id, code = '', _embedded } = authenticationCode
  const { waitToken = '' } = _embedded.challenge
  return { ticket: { id, kind: 'code' }, view: { waitToken, code } }
}

export function toStep({ status, selectedDevice, _embedded, ...rest }: AuthenticationView): Step {
  const { publicKeyCredentialRequestOptions: passkeyOptions } = rest
  return {
    status,
    ways: _embedded.devices.map(toWay),
    ...(selectedDevice && 'id' in selectedDevice && { device: selectedDevice.id }),
    ...(passkeyOptions !== undefined && { passkeyOptions }),
  }
}

/** How a sign-on stands, as the hub knows it. */
export interface Standing {
  readonly isOver: boolean
  /** Who has proven that they are there, and how; only when it is over. */
  readonly proven?: { readonly user: string; readonly by: Proof; readonly date: number }
  /** Otherwise: how it ended, in a word. */
  readonly outcome: string
}

/** Undefined when the hub knows no such sign-on any more. */
export async function readSignOn(hub: Hub, { id, kind }: Ticket): Promise<Standing | undefined> {
  try {
    const { rawResponse } = await (kind === 'code'
      ? hub.mfa.readAuthenticationCode({ authenticationCodeId: id })
      : hub.mfa.readDeviceAuthentication({ deviceAuthenticationId: id }))
    return standingOf(rawResponse._embedded.challenge, rawResponse)
  } catch (error) {
    if (error instanceof AssentError && UNKNOWN.includes(error.code)) return undefined
    throw error
  }
}

/**
 * Whether nobody has signed in with this before, at whichever instance of the bank: the hub settles it, because it takes
 * one body under one key, and no other.
 */
export async function redeemSignOn({ backend }: Hub, { id }: Ticket): Promise<boolean> {
  const who = randomBytes(32).toString('base64url')
  const redemption = { challengeStatus: 'redeemed', isChallengeComplete: true, updatedByFlowId: who }
  try {
    await backend.createChallenge(redemption, { idempotencyKey: `redeemed ${id}` })
    return true
  } catch (error) {
    if (error instanceof AssentError && error.code === 'idempotency_key_reused') return false
    throw error
  }
}

/** Ends it, so that no phone shows a question nobody waits for. */
export async function withdrawSignOn(hub: Hub, ticket: Ticket): Promise<void> {
  const standing = await readSignOn(hub, ticket)
  if (!standing || standing.isOver) return
  try {
    await hub.backend.updateChallenge(ticket.id, { challengeStatus: 'cancelled', isChallengeComplete: true })
  } catch (error) {
    // Answered at this very moment: then nobody is asked any more either.
    if (!(error instanceof AssentError && error.code === 'challenge_complete')) throw error
  }
}

function opened(authentication: AuthenticationView): Opened<SignOn> {
  const { id, _embedded } = authentication
  const { waitToken = '' } = _embedded.challenge
  return { ticket: { id, kind: 'authentication' }, view: { waitToken, ...toStep(authentication) } }
}

/** Only what is both approved and completed, with a user's name on it, lets anybody in. */
function standingOf(
  { isChallengeComplete, challengeStatus, reason, statusUpdatedDate, authentication }: BackendView,
  { status, user }: { readonly status: AuthenticationStep['status']; readonly user?: { readonly id: string } },
): Standing {
  const outcome = reason === NOT_ME ? reason : status === 'FAILED' ? 'failed' : challengeStatus
  const isProven = isChallengeComplete && challengeStatus === 'approved' && status === 'COMPLETED' && user
  if (!isProven) return { isOver: isChallengeComplete, outcome }
  const by = proofBy(authentication?.device?.type)
  return { isOver: true, outcome, proven: { user: user.id, by, date: statusUpdatedDate } }
}

function proofBy(type: DeviceType | undefined): Proof {
  if (type === undefined) return 'code'
  return isPhone(type) ? 'phone' : SIGNING.includes(type) ? 'passkey' : 'code'
}

function placeOf({ browser, address }: Pick<SignOnRequest, 'browser' | 'address'>) {
  return [
    { label: 'What', value: 'Sign in to online banking' },
    { label: 'Where', value: `${browser}, ${address}` },
  ]
}
