import { setTimeout as pause } from 'node:timers/promises'
import type { Challenge } from '../../challenge/challenge.ts'
import { findChallenge } from '../../challenge/find-challenge.ts'
import { isPending } from '../../challenge/list-approvals.ts'
import { moveChallenge } from '../../challenge/move-challenge.ts'
import type { Push, PushAddress } from '../../delivery/push/push.ts'
import type { NotificationStatus } from '../../protocol/mfa.ts'
import { applications } from '../applications.ts'
import type { MfaContext } from '../context.ts'
import { isPhone } from '../users/device.ts'
import { changeUser, type PairedPhone, readUser, withChangedDevice } from '../users/user.ts'
import type { PushTarget } from './push-target.ts'

/** An app that is open says within so long that it has the question. Milliseconds. */
const HEARD_WITHIN_MS = 1_500

/**
 * Wakes up whoever is asked by this challenge, unless their app is open and says that it has the question. Nobody waits for
 * it: the question stands in the inbox in any case, and the phone finds it there when it asks.
 */
export async function wakePhones(context: MfaContext, { id, asked, approver }: Challenge): Promise<void> {
  const { challenges } = context
  if (approver === undefined) return
  // An instance that is about to end does not wait.
  await Promise.race([pause(HEARD_WITHIN_MS, undefined, { ref: false }), challenges.departure.beginning])
  const now = await findChallenge(challenges, id)
  const isSame = now && isPending(now, approver) && now.asked?.version === asked?.version
  if (!isSame || (now.delivery ?? 'queued') !== 'queued') return
  const pushed = await pushTo(context, approver, now, 'requested')
  if (asked && pushed) await tellHow(context, now, pushed)
}

/** Takes back what a phone may be showing still. */
export async function withdrawFromPhone(context: MfaContext, before: Challenge): Promise<void> {
  if (before.approver === undefined || before.authentication?.step.notification !== 'SENT') return
  await pushTo(context, before.approver, before, 'withdrawn')
}

/** How it fared; undefined: there was nobody to push to. */
async function pushTo(
  context: MfaContext,
  userId: string,
  { id, asked, expiresAt, version }: Challenge,
  kind: Push['kind'],
): Promise<NotificationStatus | undefined> {
  const user = await readUser(context, userId)
  const phones = user.devices.filter(
    (device): device is PairedPhone =>
      isPhone(device) && device.phone?.push !== undefined && (asked === undefined || asked.device === device.id),
  )
  const push = {
    id: `${id} ${asked?.version ?? version} ${kind}`,
    kind,
    challenge: id,
    expiresAt: asked?.until ?? expiresAt,
  }
  const fared = await Promise.all(phones.map((phone) => wake(context, userId, phone, push)))
  return fared.length === 0 ? undefined : fared.includes('SENT') ? 'SENT' : 'FAILED'
}

async function wake(
  context: MfaContext,
  userId: string,
  { id, phone }: PairedPhone,
  push: Push,
): Promise<NotificationStatus> {
  const { push: target } = phone
  try {
    const address = target && (await addressOf(context, target, phone.application.id))
    if (!address) return 'FAILED'
    if ((await context.push.deliver(push, address)) === 'taken') return 'SENT'
    await forget(context, userId, id, target)
  } catch (error) {
    context.challenges.onError(error)
  }
  return 'FAILED'
}

async function addressOf(
  context: MfaContext,
  target: PushTarget,
  application: string,
): Promise<PushAddress | undefined> {
  if ('endpoint' in target) return target
  const webhook = (await applications.find(context, application))?.pushWebhook
  return webhook === undefined ? undefined : { ...target, webhook }
}

/** Nobody can reach the phone there any more, unless it has said meanwhile where it can be reached. */
function forget(context: MfaContext, userId: string, deviceId: string, target: PushTarget): Promise<void> {
  return changeUser(context, userId, (user) => {
    const device = user.devices.find(({ id }) => id === deviceId)
    if (!device || !isPhone(device) || !device.phone) return { result: undefined }
    if (JSON.stringify(device.phone.push) !== JSON.stringify(target)) return { result: undefined }
    const { push: _gone, ...phone } = device.phone
    return { next: withChangedDevice(user, { ...device, phone }), result: undefined }
  })
}

async function tellHow(
  { challenges }: MfaContext,
  { id, asked }: Challenge,
  notification: NotificationStatus,
): Promise<void> {
  await moveChallenge(challenges, id, {
    type: 'authenticate',
    advance: (part, _now, current) => {
      // Something else is asked by now, or nothing.
      if (current.asked?.version !== asked?.version) return { part }
      if (!part || part.step.notification === notification) return { part }
      return { part: { ...part, step: { ...part.step, notification } } }
    },
  })
}
