import type {
  StartedAuthenticator,
  StepUpAuthenticator,
  StepUpChallenge,
  StepUpRefusal,
} from '../../client-sdk/index.ts'
import type {
  Account,
  Added,
  AddedType,
  MaybeIn,
  NoDevice,
  OwnDevices,
  Pairing,
  Refusal,
  Session,
  SignOn,
  SignOnCode,
  Step,
  Transfer,
} from '../bank/bank-api.ts'

/* What the bank's page asks of the bank's own backend. It never speaks to the hub but to wait. */

/** Tries of a call that nobody answered: the bank may be moving to another instance at this very moment. */
const TRIES = 6
const PAUSE_MS = 1000

type Answer<Body> = Promise<Body | Refusal>

export function isRefusal(answer: object): answer is Refusal {
  return 'outcome' in answer
}

/** Asks the user's device; answers with the page's token, or with why nobody may be asked now. */
export function openSignOn(user: string, timeout: string | null, passkeys: boolean): Answer<SignOn | NoDevice> {
  return say('POST', 'sign-ons', { user, passkeys, ...(timeout && { timeout }) })
}

export const openPasskeySignOn = (): Answer<SignOn> => say('POST', 'sign-ons/passkey')
export const openCode = (): Answer<SignOnCode> => say('POST', 'sign-ons/code')
export const chooseDevice = (device: string): Answer<Step> => say('PUT', 'sign-ons/device', { device })
export const checkCode = (otp: string): Answer<Step> => say('POST', 'sign-ons/passcode', { otp })
export const checkAssertion = (assertion: string): Answer<Step> => say('POST', 'sign-ons/assertion', { assertion })

export async function cancelSignOn(): Promise<void> {
  await ask('DELETE', 'sign-ons')
}

/** Asks the bank to let us in. It reads the outcome from the hub itself, and answers with that when it is not a yes. */
export function redeem(): Answer<Session> {
  return persist(() => say<Session>('POST', 'sessions'))
}

export async function findSession(): Promise<Session | undefined> {
  const response = await ask('GET', 'sessions')
  return response.status === 200 ? await response.json() : undefined
}

export async function signOut(): Promise<void> {
  await ask('DELETE', 'sessions')
}

export const listDevices = (): Answer<OwnDevices> => say('GET', 'devices')
export const addDevice = (type: AddedType, email?: string): Answer<Added> =>
  say('POST', 'devices', { type, ...(email !== undefined && { email }) })
export const activateDevice = (device: string, proof: { otp: string } | { attestation: string }): Answer<MaybeIn> =>
  say('POST', `devices/${device}/activation`, proof)
export const readPairing = (key: string): Answer<Pairing> => say('GET', `devices/pairings/${key}`)
export const renameDevice = (device: string, name: string): Answer<OwnDevices> =>
  say('PUT', `devices/${device}/name`, { name })
export const makeDefault = (device: string): Answer<OwnDevices> => say('PUT', 'devices/default', { device })
export const removeDevice = (device: string): Answer<OwnDevices> => say('DELETE', `devices/${device}`)

/** What was shown and never used must not be scanned by somebody else later. */
export async function dropPairing(key: string): Promise<void> {
  await ask('DELETE', `devices/pairings/${key}`)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export const readAccount = (): Answer<Account> => say('GET', 'transfers')

/**
 * Answers with the account as it is then; or, before it is done, with the challenge to answer, whose id is to be named next time.
 * Under one such id money leaves once, however often it is sent.
 */
export async function sendTransfer(transfer: Transfer, approved?: string): Answer<Account | StepUpChallenge> {
  for (let tries = 1; ; tries++) {
    const headers = approved === undefined ? {} : { 'Assent-Challenge': approved }
    const answer = await say<Account | StepUpRefusal>('POST', 'transfers', transfer, headers)
    if (isRefusal(answer) || !('_error' in answer)) return answer
    const { type, statusCode, _embedded } = answer._error
    if (_embedded) return _embedded.challenge
    if (statusCode !== 503 || tries === TRIES) return { outcome: statusCode === 503 ? 'unavailable' : type }
    await pause(PAUSE_MS)
  }
}

export const startWay = (challenge: string, way: string): Answer<StartedAuthenticator> =>
  say('POST', `step-ups/${challenge}/authenticators/${way}/start`)
export const verifyWay = (
  challenge: string,
  way: string,
  proof: { otp: string } | { assertion: string },
): Answer<StepUpAuthenticator> => say('POST', `step-ups/${challenge}/authenticators/${way}/verify`, proof)

export async function cancelStepUp(challenge: string): Promise<void> {
  await ask('DELETE', `step-ups/${challenge}`)
}

/** A refusal is an answer like another; anything else that is no answer rejects. */
async function say<Body extends object>(
  method: string,
  what: string,
  body?: object,
  headers?: Readonly<Record<string, string>>,
): Answer<Body> {
  const response = await ask(method, what, body, headers)
  const isAnswer = response.headers.get('content-type')?.startsWith('application/json')
  if (!isAnswer) throw new Error(`the bank refused: ${response.status}`)
  return response.json()
}

async function persist<Body extends object>(call: () => Answer<Body>): Answer<Body> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await call()
      if (!isRefusal(answer) || answer.outcome !== 'unavailable' || tries === TRIES) return answer
    } catch (error) {
      if (tries === TRIES) throw error
    }
    await pause(PAUSE_MS)
  }
}

function ask(
  method: string,
  what: string,
  body?: object,
  headers?: Readonly<Record<string, string>>,
): Promise<Response> {
  const json = body && { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
  return fetch(`bank/${what}`, { method, ...json })
}
