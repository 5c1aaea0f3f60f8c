import type { SecretNames } from '../../auth/secret-names.ts'
import { stepOf } from '../../challenge/views.ts'
import { type BegunChallenge, findBegun } from '../../mfa/authentication/find-begun.ts'
import { isCode } from '../../mfa/authentication-codes/authentication-code.ts'
import { statusOf as codeStatusOf } from '../../mfa/authentication-codes/manage-authentication-codes.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { notFound } from '../../mfa/mfa-error.ts'
import type { AuthenticationView, Link } from '../../protocol/mfa.ts'
import { ACTIONS, CODE_STATUS, ENGINE_ACTION, type FlowAction, type FlowStatus, STATUS } from './words.ts'

/** Whose flows these are. */
export const NAME = 'pingfederate'

export const FLOWS = '/pf-ws/authn/flows'

/** An authentication, as whoever holds its secret name sees it. */
export interface Flow {
  /** As they said it: one that was made under an older secret is good, too. */
  readonly id: string
  readonly challenge: BegunChallenge
}

/** Throws `NOT_FOUND` for every name that no flow was opened under. */
export async function getFlow(context: MfaContext, names: SecretNames, id: string): Promise<Flow> {
  const found = await Promise.all(names.ids(id).map((challenge) => findBegun(context, NAME, challenge)))
  const challenge = found.find((each) => each !== undefined)
  if (!challenge) throw notFound()
  return { id, challenge }
}

/** @param now epoch milliseconds by the store's clock */
export function statusOf({ challenge }: Flow, now: number): FlowStatus {
  if (!isCode(challenge)) return STATUS[stepOf(challenge, challenge.authentication.step).status]
  // Withdrawn: a code has no word for that, but its challenge has.
  return challenge.status === 'cancelled' ? 'CANCELED' : CODE_STATUS[codeStatusOf(challenge, now)]
}

/** Whether an action belongs to a status: what else stands against it the engine says. */
export function isPossible(status: FlowStatus, action: string): boolean {
  return (ACTIONS[status] as readonly string[]).includes(action)
}

/** A flow as its page sees it. */
export interface FlowState {
  readonly id: string
  readonly pluginTypeId: string
  readonly status: FlowStatus
  readonly [member: string]: unknown
  /** The actions that are allowed now, and no others. */
  readonly _links: Readonly<Record<string, Link>>
}

/** @param engineLinks what the engine allows; absent: it is not asked, because what is over has a way on here all the same */
export function stateOf(
  { id }: Flow,
  status: FlowStatus,
  members: object = {},
  engineLinks?: AuthenticationView['_links'],
): FlowState {
  const self = { href: `${FLOWS}/${id}` }
  const isAllowed = (action: FlowAction) =>
    engineLinks === undefined || (ENGINE_ACTION[action] ?? 'self') in engineLinks
  const links = ACTIONS[status].filter(isAllowed).map((action) => [action, self])
  return { id, pluginTypeId: 'assent', status, ...members, _links: { self, ...Object.fromEntries(links) } }
}
