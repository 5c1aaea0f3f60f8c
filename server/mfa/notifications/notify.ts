import { randomUUID } from 'node:crypto'
import type { Carrier, DeliveryMethod, Message } from '../../delivery/delivery.ts'
import type { NotificationStatus } from '../../protocol/mfa.ts'
import { type Document, defineKind } from '../../store/store.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue, refusal } from '../mfa-error.ts'
import type { DevicePolicy } from '../policies.ts'
import type { TemplateName } from './built-in-templates.ts'
import { type NotificationPolicy, notificationPolicies } from './notification-policies.ts'
import { countedBack, countSent, type SentToday } from './quota.ts'
import { render, spelled } from './render.ts'
import { type FoundWording, findWording } from './templates.ts'
import type { NotificationWish } from './wish.ts'

const MINUTE_MS = 60_000

/** Where a code is to go. */
export interface Addressee {
  readonly method: DeliveryMethod
  readonly to: string
  readonly extension?: string | undefined
}

/** A code that is about to be sent: everything that could be wrong about it has been looked at. */
export interface Notice {
  readonly addressee: Addressee
  readonly carrier: Carrier
  readonly wording: FoundWording
  readonly wish: NotificationWish
  readonly policy: NotificationPolicy
  /** How long the code is good for. Milliseconds. */
  readonly lifeMs: number
  readonly userAgent: string | undefined
}

export interface NoticeOptions {
  readonly addressee: Addressee
  readonly wish: NotificationWish
  /** What the message is about, unless the wish says otherwise. */
  readonly template: TemplateName
  readonly devicePolicy: DevicePolicy
  readonly lifeMs: number
  readonly userAgent?: string | undefined
}

/** Throws what whoever asks must be told, before anything has changed. */
export async function prepareNotice(context: MfaContext, options: NoticeOptions): Promise<Notice> {
  const { addressee, wish, template, devicePolicy, lifeMs, userAgent } = options
  const { variant, locale, name = template } = wish.template
  const carrier = context.carriers[addressee.method]
  if (!carrier) throw noCarrier(addressee.method)
  const [policy, wording] = await Promise.all([
    policyOf(context, wish, devicePolicy),
    findWording(context, { template: name, locale, deliveryMethod: addressee.method, variant }),
  ])
  if (!policy) throw invalidValue('notification.policy.id', 'There is no such notification policy.')
  return { addressee, carrier, wording, wish, policy, lifeMs, userAgent }
}

/** The one that was asked for; else the device policy's, if there still is one such; else the default one. */
async function policyOf(
  context: MfaContext,
  { policy: wanted }: NotificationWish,
  { notificationPolicy }: DevicePolicy,
): Promise<NotificationPolicy | undefined> {
  if (wanted) return notificationPolicies.find(context, wanted.id)
  const own = notificationPolicy && (await notificationPolicies.find(context, notificationPolicy.id))
  return own ?? notificationPolicies.find(context, 'default')
}

/** There was one when the device was made. */
function noCarrier(method: DeliveryMethod) {
  return refusal('REQUEST_FAILED', 'DEVICE_TYPE_DISABLED', `Nobody is configured to deliver ${method}.`)
}

interface Counted extends Document {
  readonly sentToday: SentToday
}

const COUNTS = defineKind<Counted>('notification-counts')

/** Counts a message to anybody; throws when there are too many today. */
export async function countForAll(
  { challenges: { changes } }: MfaContext,
  { policy, addressee }: Notice,
): Promise<void> {
  // One document for everybody would be in everybody's way: only who limits them counts them.
  if (policy.quotas.every(({ type }) => type !== 'ENVIRONMENT')) return
  await changes.change(COUNTS, policy.id, (counted, now) => {
    const sentToday = countSent(counted?.sentToday, policy, 'ENVIRONMENT', addressee.method, now)
    return { next: { version: (counted?.version ?? 0) + 1, sentToday }, result: undefined }
  })
}

/** The message has not left after all. */
export async function countBackForAll(
  { challenges: { changes } }: MfaContext,
  { policy, addressee }: Notice,
): Promise<void> {
  if (policy.quotas.every(({ type }) => type !== 'ENVIRONMENT')) return
  await changes.change(COUNTS, policy.id, (counted, now) => {
    const sentToday = countedBack(counted?.sentToday, addressee.method, now)
    if (!counted || !sentToday || sentToday === counted.sentToday) return { result: undefined }
    return { next: { version: counted.version + 1, sentToday }, result: undefined }
  })
}

/** Sends a code. A carrier that fails is logged and told as a status: a code can be sent anew. */
export async function sendCode(context: MfaContext, notice: Notice, otp: string): Promise<NotificationStatus> {
  try {
    await notice.carrier.deliver(toMessage(notice, otp))
    return 'SENT'
  } catch (error) {
    context.challenges.onError(error)
    return 'FAILED'
  }
}

function toMessage({ addressee, wording, wish, lifeMs, userAgent }: Notice, otp: string): Message {
  const variables = {
    ...wish.template.variables,
    otp: addressee.method === 'VOICE' ? spelled(otp) : otp,
    minutes: String(Math.max(1, Math.floor(lifeMs / MINUTE_MS))),
    userAgent: userAgent ?? '',
  }
  return {
    id: randomUUID(),
    method: addressee.method,
    to: addressee.to,
    extension: addressee.extension,
    ...(wording.subject !== undefined && { subject: render(wording.subject, variables) }),
    text: render(wording.body, variables),
    locale: wording.locale,
  }
}
