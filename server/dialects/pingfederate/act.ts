import type { z } from 'zod'
import type { SecretNames } from '../../auth/secret-names.ts'
import { awaitNextVersion } from '../../challenge/wait-for-change.ts'
import type { Answer, Question } from '../../http/endpoint.ts'
import { namedAction } from '../../http/mfa/action.ts'
import { beginAuthentication } from '../../mfa/authentication/begin-authentication.ts'
import { cancelAuthentication, resendCode, selectDevice } from '../../mfa/authentication/change-authentication.ts'
import { checkOtp } from '../../mfa/authentication/check-otp.ts'
import { type BegunChallenge, memoOf } from '../../mfa/authentication/find-begun.ts'
import { isCode } from '../../mfa/authentication-codes/authentication-code.ts'
import { deleteAuthenticationCode } from '../../mfa/authentication-codes/manage-authentication-codes.ts'
import { knowing, type MfaContext } from '../../mfa/context.ts'
import { checkAssertion } from '../../mfa/fido/check-assertion.ts'
import { refusal } from '../../mfa/mfa-error.ts'
import type { Speaker } from '../dialects.ts'
import { toldOfType } from './errors.ts'
import { type Flow, type FlowState, getFlow, isPossible, stateOf, statusOf } from './flow.ts'
import { assertion, authentication, nothing, parseBody, passcode, selection } from './parse.ts'
import { showFlow } from './translate.ts'
import { type FlowAction, type FlowStatus, NOT_POLLED, WAITING } from './words.ts'

/** So long a poll is held at most: clients let a second pass between theirs. Milliseconds. */
const LONGEST_POLL_MS = 1_000

/** What is to be done to a flow, and how it stands before. */
interface Wish extends Speaker {
  readonly names: SecretNames
  readonly flow: Flow
  readonly before: FlowStatus
  readonly question: Question
}

/** Resolves with what the flow has become: its challenge, as the engine left it, or what is told this once. */
type Deed = (wish: Wish) => Promise<BegunChallenge | FlowState>

const DEEDS: Readonly<Record<FlowAction, Deed>> = {
  authenticate: byEngine(authentication, beginAuthentication),
  selectDevice: byEngine(selection, selectDevice),
  checkOtp: byEngine(passcode, checkOtp),
  resendOtp: byEngine(nothing, resendCode),
  checkAssertion: byEngine(assertion, checkAssertion),
  poll,
  continueAuthentication: goOn,
  cancelAuthentication: cancel,
}

const ACTION_NAMES = Object.keys(DEEDS) as FlowAction[]

/** Does what a `POST` wants done to a flow; throws when that is not allowed now, and has no effect then. */
export async function act(speaker: Speaker, names: SecretNames, flow: Flow, question: Question): Promise<Answer> {
  const action = namedAction(question, ACTION_NAMES)
  if (action !== 'poll') speaker.limits.action(flow.challenge.id)
  const before = statusOf(flow, speaker.mfa.challenges.store.now())
  const isLatePoll = action === 'poll' && !NOT_POLLED.includes(before)
  if (!isPossible(before, action) && !isLatePoll) throw notNow()
  if (isProof(action, question.body)) await speaker.limits.claim(question.address)
  const after = await DEEDS[action]({ ...speaker, names, flow, before, question })
  const isTold = '_links' in after
  return { status: 200, body: isTold ? after : await showFlow(speaker.mfa, { ...flow, challenge: after }) }
}

type EngineCall = (context: MfaContext, id: string, body: unknown) => Promise<BegunChallenge>

function byEngine(schema: z.ZodType, call: EngineCall): Deed {
  return async ({ mfa, flow: { challenge }, question }) =>
    call(knowing(mfa, challenge), challenge.id, parseBody(schema, question.body)).catch((error) => {
      throw toldOfType(challenge.authentication.step.device?.type, error)
    })
}

/** Whether a signature has to be looked at. */
const isProof = (action: string, body: unknown) =>
  action === 'checkAssertion' || Object.hasOwn(Object(body), 'mobilePayload')

const notNow = () => refusal('INVALID_REQUEST', 'INVALID_ACTION', 'The flow is not in a state for this action.')

/** Answers as soon as anything moves: not every answer on a phone changes the status of the challenge. */
async function poll({ mfa, limits, names, flow, before, question }: Wish): Promise<BegunChallenge | FlowState> {
  parseBody(nothing, question.body)
  if (!WAITING.includes(before)) return flow.challenge
  const { id } = flow.challenge
  // There is no token to count it by: it is the page of this challenge that polls, as one with a wait token would.
  const release = limits.poll(`page ${id}`, id, question.address)
  try {
    await awaitNextVersion(mfa.challenges, flow.challenge, LONGEST_POLL_MS, question.signal)
  } finally {
    release()
  }
  return (await getFlow(mfa, names, flow.id)).challenge
}

/** Where the browser goes now, so that the backend there can read the challenge; without a `resumeUrl`, its page knows. */
async function goOn({ flow, question }: Wish): Promise<FlowState> {
  parseBody(nothing, question.body)
  const { resumeUrl } = memoOf(flow.challenge)
  if (resumeUrl === undefined) return stateOf(flow, 'RESUME')
  const url = new URL(resumeUrl)
  url.search += `${url.search === '' ? '?' : '&'}flowId=${flow.id}&challenge=${flow.challenge.id}`
  return stateOf(flow, 'RESUME', { resumeUrl: url.href })
}

async function cancel({ mfa, names, flow, before, question }: Wish): Promise<BegunChallenge | FlowState> {
  parseBody(nothing, question.body)
  const { id } = flow.challenge
  // There is nothing left to be cancelled: whoever turns back is told so.
  if (before === 'MFA_FAILED' && flow.challenge.complete) return stateOf(flow, 'CANCELED')
  if (!isCode(flow.challenge)) return cancelAuthentication(mfa, id, {})
  await deleteAuthenticationCode(mfa, id)
  const { challenge } = await getFlow(mfa, names, flow.id)
  // It was answered at this very moment.
  if (challenge.status !== 'cancelled') throw notNow()
  return challenge
}
