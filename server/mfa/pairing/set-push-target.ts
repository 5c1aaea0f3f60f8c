import type { PresentApprover } from '../../challenge/demand-approver.ts'
import type { MfaContext } from '../context.ts'
import { notFound } from '../mfa-error.ts'
import { parse } from '../parse.ts'
import { changeUser, pairedPhoneOf, withChangedDevice } from '../users/user.ts'
import { pushTarget } from './push-target.ts'

/** A phone says where it is told of questions while its app is closed. Throws `NOT_FOUND` when it speaks of another device. */
export async function setPushTarget(
  context: MfaContext,
  { user: userId, paired }: PresentApprover,
  deviceId: string,
  body: unknown,
): Promise<void> {
  const push = parse(pushTarget, body)
  if (paired?.id !== deviceId) throw notFound()
  await changeUser(context, userId, (user, now) => {
    const device = pairedPhoneOf(user, deviceId)
    return {
      next: withChangedDevice(user, { ...device, phone: { ...device.phone, push }, updatedAt: now }),
      result: undefined,
    }
  })
}
