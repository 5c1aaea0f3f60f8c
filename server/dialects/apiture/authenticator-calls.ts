import type { Question } from '../../http/endpoint.ts'
import type { AuthenticatingChallenge } from '../../mfa/authentication/authentication.ts'
import { askByDevice, proveByDevice } from '../../mfa/authentication/by-device.ts'
import { offeredDevices } from '../../mfa/authentication/offered-devices.ts'
import { knowing, type MfaContext } from '../../mfa/context.ts'
import { MfaError } from '../../mfa/mfa-error.ts'
import type { Device } from '../../mfa/users/device.ts'
import { type DialectCall, READ } from './call.ts'
import { Refused } from './errors.ts'
import { demandPending, findChallenge } from './find-challenge.ts'
import { parseProof } from './parse.ts'
import { devicesShown, startedWith, toAuthenticator } from './translate.ts'

const AUTHENTICATORS = '/auth/challenges/:challenge/authenticators'
const AUTHENTICATOR = `${AUTHENTICATORS}/:authenticator`

/** What there is to prove a challenge by, and how it is proven. */
export function authenticatorCalls(context: MfaContext): DialectCall[] {
  const list = async (question: Question) => {
    const challenge = await findChallenge(context, question)
    return { challenge, devices: devicesShown(await offeredDevices(context, challenge)) }
  }
  const find = async (question: Question) => {
    const { challenge, devices } = await list(question)
    const device = devices.find(({ id }) => id === question.params.authenticator)
    if (!device) throw notFound()
    return { challenge, device }
  }
  /** Does something about an authenticator of a challenge that is pending; one that has ended meanwhile says how. */
  const act = async (
    question: Question,
    does: (context: MfaContext, challenge: AuthenticatingChallenge, device: Device) => Promise<AuthenticatingChallenge>,
  ) => {
    const { challenge, device } = await find(question)
    demandPending(challenge)
    try {
      return { challenge: await does(knowing(context, challenge), challenge, device), device }
    } catch (error) {
      if (says(error, 'AUTHENTICATION_COMPLETE')) demandPending(await findChallenge(context, question))
      // It was removed at this very moment.
      throw says(error, 'INVALID_VALUE') ? notFound() : error
    }
  }
  return [
    {
      method: 'GET',
      path: AUTHENTICATORS,
      scopes: READ,
      answer: async (question) => {
        const { challenge, devices } = await list(question)
        return { status: 200, body: { items: devices.map((device) => toAuthenticator(challenge, device)) } }
      },
    },
    {
      method: 'GET',
      path: AUTHENTICATOR,
      scopes: READ,
      answer: async (question) => {
        const { challenge, device } = await find(question)
        return { status: 200, body: toAuthenticator(challenge, device) }
      },
    },
    {
      method: 'POST',
      path: `${AUTHENTICATOR}/start`,
      answer: async (question) => {
        const { challenge, device } = await act(question, askByDevice)
        return { status: 200, body: { ...toAuthenticator(challenge, device), ...startedWith(challenge) } }
      },
    },
    {
      method: 'POST',
      path: `${AUTHENTICATOR}/verify`,
      answer: async (question) => {
        const proof = parseProof(question.body)
        const { challenge, device } = await act(question, (...asked) => proveByDevice(...asked, proof))
        return { status: 200, body: toAuthenticator(challenge, device) }
      },
    },
  ]
}

function notFound(): Refused {
  return new Refused('authenticatorNotFound', 'The challenge has no such authenticator.')
}

function says(error: unknown, code: MfaError['details'][number]['code']): boolean {
  return error instanceof MfaError && error.details.some((detail) => detail.code === code)
}
