import type { MfaContext } from '../context.ts'
import { countBackForAll, countForAll, type Notice } from '../notifications/notify.ts'
import { countedBack } from '../notifications/quota.ts'
import { counting } from './create-device.ts'
import { changeUser } from './user.ts'

/** Counts a message to a user before it leaves; throws when there were too many today, and then none is counted. */
export async function countMessage(context: MfaContext, user: string, notice: Notice): Promise<void> {
  await countForAll(context, notice)
  try {
    await changeUser(context, user, (current, now) => ({ next: counting(current, notice, now), result: undefined }))
  } catch (error) {
    await countBackForAll(context, notice)
    throw error
  }
}

/** What was counted does not leave: another one did, or it is not wanted any more. */
export async function countMessageBack(context: MfaContext, user: string, notice: Notice): Promise<void> {
  await countBackForAll(context, notice)
  await changeUser(context, user, (current, now) => {
    const sentToday = countedBack(current.sentToday, notice.addressee.method, now)
    return { next: sentToday === current.sentToday ? current : { ...current, sentToday }, result: undefined }
  })
}
