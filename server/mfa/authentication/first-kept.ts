import type { Challenge } from '../../challenge/challenge.ts'
import { DEVICE_TYPES, type DeviceType } from '../../protocol/mfa.ts'
import { applications } from '../applications.ts'
import type { MfaContext } from '../context.ts'
import { narrowest } from '../fido/compatibility.ts'
import { relyingPartyOf } from '../fido/relying-party.ts'
import { invalidValue } from '../mfa-error.ts'
import { type DevicePolicy, NUMBER_MATCHING, wantedPolicy } from '../policies.ts'
import { type Kept, NOBODY } from './authentication.ts'
import type { NewAuthentication } from './authentication-body.ts'
import { demandShowable, RULE, stricter } from './question.ts'

/** The policy that is asked for, or the default one; throws when it, or the application, is none, or less is asked for than it demands. */
export async function policyOf(context: MfaContext, wanted: NewAuthentication): Promise<DevicePolicy> {
  const { application } = wanted
  const [policy, app] = await Promise.all([
    wantedPolicy(context, wanted),
    application && applications.find(context, application.id),
  ])
  if (application && !app) throw invalidValue('application.id', 'There is no such application.')
  demandStricter(wanted, policy)
  return policy
}

/** What a policy demands, nobody who asks can do without. */
function demandStricter({ numberMatching: wanted }: NewAuthentication, { mobile }: DevicePolicy): void {
  const { numberMatching: demanded } = mobile.push
  if (wanted === undefined || NUMBER_MATCHING.indexOf(wanted) >= NUMBER_MATCHING.indexOf(demanded)) return
  throw invalidValue('numberMatching', `The policy demands ${demanded}.`)
}

/** What is kept of an authentication from its beginning. @param driven the challenge that it drives, if that is there already */
export function keptOf(
  context: MfaContext,
  wanted: NewAuthentication,
  policy: DevicePolicy,
  driven: Challenge | undefined,
): Kept {
  const { user, application, notification, userAgent, testMode, retryable } = wanted
  // What the challenge's own backend wants shown, and demands, holds whoever drives it.
  const display = driven?.display ?? wanted.display
  demandShowable(display, notification.clientContext)
  const demanded = driven?.numberMatching && RULE[driven.numberMatching.digits]
  const numberMatching = stricter(wanted.numberMatching ?? 'OFF', demanded ?? 'OFF')
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
    numberMatching,
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
