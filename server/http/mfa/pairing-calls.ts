import { demandApprover } from '../../challenge/demand-approver.ts'
import type { Limits } from '../../limits/limits.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { notFound } from '../../mfa/mfa-error.ts'
import { claimPairingKey } from '../../mfa/pairing/claim-pairing-key.ts'
import { renewDeviceToken } from '../../mfa/pairing/device-token.ts'
import {
  createPairingKey,
  deletePairingKey,
  getPairingKey,
  listPairingKeys,
} from '../../mfa/pairing/manage-pairing-keys.ts'
import { isUnclaimed } from '../../mfa/pairing/pairing-key.ts'
import { pairingKeyViewer } from '../../mfa/pairing/pairing-key-view.ts'
import { setPushTarget } from '../../mfa/pairing/set-push-target.ts'
import { id, parse } from '../../mfa/parse.ts'
import { deviceViewer } from '../../mfa/users/device-view.ts'
import type { PairedView } from '../../protocol/mfa.ts'
import type { Question } from '../endpoint.ts'
import { repeatableOf } from '../repeatable.ts'
import { listAnswer } from './list-answer.ts'
import { type MfaCall, mayWrite } from './mfa-endpoint.ts'
import { answerQr } from './qr.ts'

const KEYS = '/v1/users/:user/pairingKeys'
const KEY = `${KEYS}/:key`

/** Seed 001's pairing keys, as a backend makes them. */
export function pairingKeyCalls(context: MfaContext): MfaCall[] {
  return [
    {
      method: 'POST',
      path: KEYS,
      answer: async (question) => {
        const user = userOf(question)
        const key = await createPairingKey(context, user, question.body, repeatableOf(question, 'pairingKeys'))
        const body = (await pairingKeyViewer(context, user, true))(key)
        return { status: 201, body, headers: { Location: body._links.self?.href ?? '' } }
      },
    },
    {
      method: 'GET',
      path: KEYS,
      answer: async (question) => {
        const user = userOf(question)
        const show = await pairingKeyViewer(context, user, mayWrite(question))
        const path = `/v1/users/${encodeURIComponent(user)}/pairingKeys`
        return listAnswer(path, 'pairingKeys', question.query, (await listPairingKeys(context, user)).map(show))
      },
    },
    {
      method: 'GET',
      path: KEY,
      answer: async (question) => {
        const { user, key } = namesOf(question)
        const show = await pairingKeyViewer(context, user, mayWrite(question))
        return { status: 200, body: show(await getPairingKey(context, user, key)) }
      },
    },
    {
      method: 'GET',
      path: `${KEY}/qr`,
      scopes: ['mfa:write'],
      answer: async (question) => {
        const { user, key } = namesOf(question)
        const found = await getPairingKey(context, user, key)
        if (!isUnclaimed(found, context.challenges.store.now())) throw notFound()
        return answerQr(context.phoneLink('pair', found.code), question)
      },
    },
    {
      method: 'DELETE',
      path: KEY,
      answer: async (question) => {
        const { user, key } = namesOf(question)
        await deletePairingKey(context, user, key)
        return { status: 204 }
      },
    },
  ]
}

/** What phones call. Who may, they prove by a code and their key. */
export function phoneCalls(context: MfaContext, limits: Limits): MfaCall[] {
  return [
    {
      method: 'POST',
      path: '/v1/pairingKeys/claim',
      scopes: 'anyone',
      answer: async ({ body, address }) => {
        await limits.claim(address)
        const { user, device, token, expiresAt } = await claimPairingKey(context, body)
        const show = await deviceViewer(context, user)
        const paired: PairedView = {
          device: show(device),
          token,
          expiresAt: new Date(expiresAt).toISOString(),
          environment: { id: await context.environment.id() },
          user: { id: user },
          otp: { secret: device.phone.secret, period: device.phone.period },
        }
        return { status: 201, body: paired }
      },
    },
    {
      method: 'POST',
      path: '/v1/devices/:device/token',
      scopes: 'anyone',
      answer: async ({ params, body, address }) => {
        await limits.claim(address)
        const { token, expiresAt } = await renewDeviceToken(context, parse(id, params.device, 'device'), body)
        return { status: 200, body: { token, expiresAt: new Date(expiresAt).toISOString() } }
      },
    },
    {
      method: 'PUT',
      path: '/v1/devices/:device/push',
      scopes: ['challenges:approve'],
      answer: async ({ principal, params, body }) => {
        const approver = await demandApprover(context.challenges, principal)
        await setPushTarget(context, approver, parse(id, params.device, 'device'), body)
        return { status: 204 }
      },
    },
  ]
}

function userOf({ params }: Question): string {
  return parse(id, params.user, 'user')
}

function namesOf(question: Question): { user: string; key: string } {
  return { user: userOf(question), key: parse(id, question.params.key, 'pairingKey') }
}
