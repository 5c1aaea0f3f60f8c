import type { MfaContext } from '../../mfa/context.ts'
import { pairingKeyViewer } from '../../mfa/pairing/pairing-key-view.ts'
import { id, parse } from '../../mfa/parse.ts'
import { activateDevice, resendActivationCode } from '../../mfa/users/activate-device.ts'
import { createDevice } from '../../mfa/users/create-device.ts'
import type { Device } from '../../mfa/users/device.ts'
import { deviceViewer } from '../../mfa/users/device-view.ts'
import { listDevices } from '../../mfa/users/list-devices.ts'
import {
  deleteDevice,
  deleteUser,
  getDevice,
  readMfaEnabled,
  removeOrder,
  renameDevice,
  reorderDevices,
  unlockDevice,
  updateMfaEnabled,
} from '../../mfa/users/manage-user.ts'
import type { Answer, Question } from '../endpoint.ts'
import { repeatableOf } from '../repeatable.ts'
import { answerAction } from './action.ts'
import { type MfaCall, mayWrite } from './mfa-endpoint.ts'

const DEVICES = '/v1/users/:user/devices'
const DEVICE = `${DEVICES}/:device`

/** A user, and the devices they own: seed 001's capabilities from Read Device to Set Device Order. */
export function userCalls(context: MfaContext): MfaCall[] {
  const show = async (user: string, device: Device, otp?: string): Promise<Answer> => {
    const view = await deviceViewer(context, user)
    return { status: 200, body: view(device, otp) }
  }
  const list = async (user: string, query: unknown, reveals = true): Promise<Answer> => ({
    status: 200,
    body: await listDevices(context, user, query, reveals),
  })

  const create = async (question: Question): Promise<Answer> => {
    const user = userOf(question)
    const { device, otp, pairingKey } = await createDevice(
      context,
      user,
      question.body,
      repeatableOf(question, 'devices'),
    )
    const [view, viewKey] = await Promise.all([deviceViewer(context, user), pairingKeyViewer(context, user, true)])
    const body = {
      ...view(device, otp),
      ...(pairingKey && { _embedded: { pairingKey: viewKey(pairingKey) } }),
    }
    return { status: 201, body, headers: { Location: body._links.self?.href ?? '' } }
  }
  const onDevices = {
    'devices.reorder': async (question: Question) => {
      await reorderDevices(context, userOf(question), question.body)
      return list(userOf(question), {})
    },
    'devices.order.remove': async (question: Question) => {
      await removeOrder(context, userOf(question))
      return list(userOf(question), {})
    },
  }
  const onDevice = {
    'device.activate': async (question: Question) => {
      const { user, device } = namesOf(question)
      return show(user, await activateDevice(context, user, device, question.body))
    },
    'device.sendActivationCode': async (question: Question) => {
      const { user, device } = namesOf(question)
      const sent = await resendActivationCode(context, user, device)
      return show(user, sent.device, sent.otp)
    },
    'device.unlock': async (question: Question) => {
      const { user, device } = namesOf(question)
      return show(user, await unlockDevice(context, user, device))
    },
  }

  return [
    {
      method: 'GET',
      path: DEVICES,
      answer: async (question) => list(userOf(question), question.query, mayWrite(question)),
    },
    { method: 'POST', path: DEVICES, answer: async (question) => answerAction(question, onDevices, create) },
    {
      method: 'GET',
      path: DEVICE,
      answer: async (question) => {
        const { user, device } = namesOf(question)
        const view = await deviceViewer(context, user, mayWrite(question))
        return { status: 200, body: view(await getDevice(context, user, device)) }
      },
    },
    { method: 'POST', path: DEVICE, answer: async (question) => answerAction(question, onDevice) },
    {
      method: 'DELETE',
      path: DEVICE,
      answer: async (question) => {
        const { user, device } = namesOf(question)
        await deleteDevice(context, user, device)
        return { status: 204 }
      },
    },
    {
      method: 'PUT',
      path: `${DEVICE}/nickname`,
      answer: async (question) => {
        const { user, device } = namesOf(question)
        return { status: 200, body: { nickname: await renameDevice(context, user, device, question.body) } }
      },
    },
    {
      method: 'GET',
      path: '/v1/users/:user/mfaEnabled',
      answer: async (question) => ({
        status: 200,
        body: { mfaEnabled: await readMfaEnabled(context, userOf(question)) },
      }),
    },
    {
      method: 'PUT',
      path: '/v1/users/:user/mfaEnabled',
      answer: async (question) => ({
        status: 200,
        body: { mfaEnabled: await updateMfaEnabled(context, userOf(question), question.body) },
      }),
    },
    {
      method: 'DELETE',
      path: '/v1/users/:user',
      answer: async (question) => {
        await deleteUser(context, userOf(question))
        return { status: 204 }
      },
    },
  ]
}

function userOf({ params }: Question): string {
  return parse(id, params.user, 'user')
}

function namesOf(question: Question): { user: string; device: string } {
  return { user: userOf(question), device: parse(id, question.params.device, 'device') }
}
