import { z } from 'zod'
import {
  type AssertionRequest,
  type AuthenticatingChallenge,
  type Authentication,
  advanced,
  NOBODY,
} from '../authentication/authentication.ts'
import { nameOf } from '../authentication/authentication-view.ts'
import { usableDevices } from '../authentication/choose-device.ts'
import { getOpenAuthentication, moveAuthentication } from '../authentication/move-authentication.ts'
import { demandPlace } from '../authentication/only-one.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue, refusal } from '../mfa-error.ts'
import { parse } from '../parse.ts'
import { devicePolicies } from '../policies.ts'
import { demandTypeAllowed } from '../users/codes.ts'
import { isActive } from '../users/device.ts'
import { changeUser, demandMfaEnabled, readUser, type User } from '../users/user.ts'
import { invalidAssertion, unusable } from './assertion-refusals.ts'
import { compatibility, isCompatible } from './compatibility.ts'
import { findOwner } from './credential-owner.ts'
import { type FidoDevice, isFido } from './fido-device.ts'
import { demandOrigin, invalidOrigin } from './relying-party.ts'
import { type Assertion, LONGEST_RESPONSE, originOf, parseAssertion } from './signed-response.ts'
import { proofOf, spendAssertion } from './spend-assertion.ts'
import { type Signed, verifyAssertion } from './verify-assertion.ts'

const body = z.strictObject({
  assertion: z.string().min(1).max(LONGEST_RESPONSE),
  origin: z.string().min(1).max(300),
  compatibility: compatibility.optional(),
})

/**
 * FIDO Assertion: takes what a FIDO device has signed. It is counted with the device before anything comes of it; where
 * that is cut short, the same assertion goes on.
 */
export async function checkAssertion(
  context: MfaContext,
  id: string,
  wanted: unknown,
): Promise<AuthenticatingChallenge> {
  const { assertion: text, origin, compatibility: said } = parse(body, wanted)
  const challenge = await getOpenAuthentication(context, id)
  const asked = demandAssertionWanted(challenge.authentication)
  demandOrigin(context, origin, asked.rpId)
  const assertion = parseAssertion(text)
  if (!assertion) throw invalidAssertion('This is not what an authenticator answers.')
  if (originOf(assertion) !== origin) throw invalidOrigin('It was made on another page.')

  const owner = await ownerOf(context, challenge.authentication, assertion)
  const user = await readUser(context, owner)
  const device = answeringDevice(user, asked, assertion)
  const signed = device?.credential && (await verifyAssertion(asked, device.credential, assertion, origin))
  if (!device || !signed) throw invalidAssertion('This is no answer to what was asked.')
  await demandUsable(context, challenge, user, device)
  if (!isCompatible(device, said)) throw invalidValue('compatibility', 'This device is outside of it.')

  const answer = { id, until: challenge.expiresAt, proof: proofOf(asked, assertion), device, signed }
  const spent = await changeUser(context, owner, (current, now) => {
    demandPlace(current, challenge)
    return spendAssertion(current, answer, now)
  })
  return moveAuthentication(context, id, (current) => completed(current, asked, owner, spent, signed))
}

type Asked = AssertionRequest & { readonly rpId: string }

function demandAssertionWanted({ step, kept: { assertion } }: Authentication): Asked {
  if (step.status === 'ASSERTION_REQUIRED' && assertion?.rpId !== undefined)
    return { ...assertion, rpId: assertion.rpId }
  throw refusal(
    'INVALID_REQUEST',
    'INVALID_ACTION',
    'No assertion is wanted: first a FIDO device has to be selected.',
    {
      target: 'action',
    },
  )
}

/** Who it is that answers: who was asked, or, where nobody was named, whose the credential is. */
async function ownerOf(context: MfaContext, { kept }: Authentication, { id }: Assertion): Promise<string> {
  if (kept.user !== NOBODY) return kept.user
  const owner = await findOwner(context, id)
  if (!owner) throw invalidAssertion('This is no answer to what was asked.')
  return owner.user
}

/** The device of the user that an assertion says it is of, if it may answer. */
function answeringDevice(
  { devices }: User,
  { allowCredentials = [] }: AssertionRequest,
  { id, response: { userHandle } }: Assertion,
): FidoDevice | undefined {
  const device = devices.filter(isFido).find(({ credential }) => credential?.id === id)
  const isAnybodys = allowCredentials.length === 0
  if (!device || !isActive(device) || !(isAnybodys || allowCredentials.some((each) => each.id === id))) return undefined
  // Where nobody was named, the authenticator has to say whose it is; where somebody was, it may.
  return userHandle === device.handle || (!isAnybodys && !userHandle) ? device : undefined
}

/** Throws what has changed since it was asked: its user's MFA, the policy, or the device itself. */
async function demandUsable(
  context: MfaContext,
  { authentication: { kept } }: AuthenticatingChallenge,
  user: User,
  device: FidoDevice,
): Promise<void> {
  demandMfaEnabled(user)
  const policy = await devicePolicies.getOrDefault(context, kept.policy)
  demandTypeAllowed(context, policy, device.type, 'assertion')
  if (!usableDevices(context, user, policy, kept).includes(device)) throw unusable()
}

function completed(
  current: Authentication,
  asked: AssertionRequest,
  user: string,
  device: FidoDevice,
  { isSynced }: Signed,
) {
  if (current.kept.assertion?.challenge !== asked.challenge)
    throw invalidAssertion('Another one was asked for meanwhile.')
  // RFC 8176: of a key in hardware or not, with its user there.
  const authenticators = [isSynced ? 'swk' : 'hwk', 'user', 'mfa']
  return {
    part: advanced(current, {
      step: { status: 'COMPLETED', device: { type: device.type, name: nameOf(device) } },
      kept: { user, device: device.id, authenticators, assertion: undefined },
    }),
    end: 'approved' as const,
  }
}
