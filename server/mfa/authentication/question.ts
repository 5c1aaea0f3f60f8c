import type { Ask } from '../../challenge/ask.ts'
import { TEXT_LIMITS } from '../../challenge/limits.ts'
import type { Display, DisplayField } from '../../protocol/challenge.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue } from '../mfa-error.ts'
import { toMilliseconds } from '../parse.ts'
import { type DevicePolicy, NUMBER_MATCHING } from '../policies.ts'
import type { PhoneDevice } from '../users/device.ts'
import type { Kept } from './authentication.ts'

const TITLES = {
  strong_authentication: 'Sign in',
  transaction: 'Approve a transaction',
  device_pairing: 'Add a device',
}

/** How a rule says so many digits. */
export const RULE = { 2: 'TWO_DIGITS', 6: 'SIX_DIGITS' } as const

const DIGITS = { OFF: undefined, TWO_DIGITS: 2, SIX_DIGITS: 6 } as const

export interface QuestionOptions {
  readonly kept: Pick<Kept, 'user' | 'notification' | 'userAgent' | 'numberMatching' | 'display'>
  readonly policy: DevicePolicy
  readonly device: PhoneDevice
  /** When the challenge is over. Epoch milliseconds. */
  readonly until: number
}

/** What a phone is asked, and for how long. */
export function questionFor(context: MfaContext, { kept, policy, device, until }: QuestionOptions): Ask {
  const { push } = policy.mobile
  const digits = DIGITS[stricter(push.numberMatching, kept.numberMatching ?? 'OFF')]
  return {
    user: kept.user,
    device: device.id,
    until: Math.min(until, context.challenges.store.now() + toMilliseconds(push.lifeTime)),
    display: displayOf({
      display: kept.display,
      clientContext: kept.notification.clientContext,
      userAgent: kept.userAgent,
      title: TITLES[kept.notification.template.name ?? 'strong_authentication'],
    }),
    ...(digits && { number: { digits, number: context.challenges.random.digits(digits) } }),
  }
}

type Rule = (typeof NUMBER_MATCHING)[number]

export function stricter(one: Rule, other: Rule): Rule {
  return NUMBER_MATCHING.indexOf(one) > NUMBER_MATCHING.indexOf(other) ? one : other
}

interface ToShow {
  /** What whoever asks wants shown; it stands before all else. */
  readonly display: Display | undefined
  readonly clientContext: Readonly<Record<string, string>> | undefined
  readonly userAgent?: string | undefined
  readonly title: string
}

/** Throws when not all of it can be shown: nobody approves what was left out. */
export function demandShowable(display: Display | undefined, clientContext: object = {}): void {
  if ((display?.fields?.length ?? 0) + Object.keys(clientContext).length <= TEXT_LIMITS.fields) return
  throw invalidValue('notification.clientContext', `At most ${TEXT_LIMITS.fields} fields can be shown.`)
}

export function displayOf({ display, clientContext = {}, userAgent, title }: ToShow): Display {
  const context: DisplayField[] = Object.entries(clientContext).map(([label, value]) => ({ label, value }))
  if (userAgent !== undefined) context.push({ label: 'Browser', value: userAgent })
  const fields = [...(display?.fields ?? []), ...context].slice(0, TEXT_LIMITS.fields)
  return { title, ...display, ...(fields.length > 0 && { fields }) }
}
