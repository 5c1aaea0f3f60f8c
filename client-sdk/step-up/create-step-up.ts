import { AssentError } from '../assent-error.ts'
import { type BackendOptions, type CallOptions, toHub } from '../create-backend.ts'
import { createDemand, type DemandOptions } from './demand.ts'
import { type AuthenticatorProof, stepUpCalls } from './step-up-calls.ts'
import type { StartedAuthenticator, StepUpAuthenticator, StepUpChallenge } from './step-up-challenge.ts'
import type { StepUpHandler, StepUpRequest } from './step-up-handler.ts'

export type StepUpOptions = BackendOptions & {
  /** Which header names the challenge when a request is repeated; default `Assent-Challenge`. */
  readonly header?: string | undefined
  /** How long a request may wait for the hub before it is answered 503. Milliseconds; default 10 000. */
  readonly patience?: number | undefined
  /** Told why a request was answered 503, 429 or 409: your client is told less. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** Which challenge, and whose it must be: as your session knows it, never as the request says. */
export interface ChallengeInput {
  readonly user: string
  readonly challenge: string
}

export interface AuthenticatorInput extends ChallengeInput {
  readonly authenticator: string
}

/**
 * What the page that was answered 401 needs of its backend. Each rejects with an AssentError: `challengeNotFound` also for
 * another user's challenge.
 */
export interface StepUp {
  /** A handler `(request, response, next)` for Express and its kin: put it before what has to be approved. */
  demand<Request extends StepUpRequest = StepUpRequest>(options: DemandOptions<Request>): StepUpHandler<Request>
  read(input: ChallengeInput, options?: CallOptions): Promise<StepUpChallenge>
  /** Sends the code, asks the phone, or gives what a passkey is to sign; once more, and it is sent once more. Tried once. */
  start(input: AuthenticatorInput, options?: CallOptions): Promise<StartedAuthenticator>
  /**
   * With the code that was typed, or the `assertion` of a passkey and the `origin` of the page. Tried once: wrong, it rejects
   * with `invalidAuthenticatorAttributes` and mostly `attemptsRemaining`, or with `authenticatorAttemptsExceeded`.
   */
  verify(input: AuthenticatorInput & AuthenticatorProof, options?: CallOptions): Promise<StepUpAuthenticator>
  /** The person gave up: nobody is asked any more. */
  cancel(input: ChallengeInput, options?: CallOptions): Promise<void>
}

/**
 * Step-up: an operation that is refused with a 401 and a challenge until its user has approved this very operation, and is
 * then done once. For servers, never for pages; a token with `mfa:write`, or an API key with it.
 *
 * @example
 * const stepUp = createStepUp({ url: 'https://assent.internal', token })
 * const approved = stepUp.demand<express.Request>({
 *   user: (request) => request.session.user,
 *   display: ({ body }) => ({ title: `Send ${body.amount}?`, fields: [{ label: 'To', value: body.payee }] }),
 * })
 * app.post('/transfers', signedOn, express.json(), approved, (request, response) => transfer(request.body))
 */
export function createStepUp(options: StepUpOptions): StepUp {
  const { header = 'Assent-Challenge', patience = 10_000, onError } = options
  const calls = stepUpCalls(toHub(options))

  async function find({ user, challenge }: ChallengeInput, own?: CallOptions): Promise<StepUpChallenge> {
    const found = await calls.read(challenge, own)
    if (found.userId === user) return found
    throw new AssentError({ code: 'challengeNotFound', detail: 'There is no such challenge.', status: 404 })
  }

  return {
    demand: (demanded) => createDemand({ calls, header, patience, onError }, demanded),
    read: find,
    async start({ authenticator, ...input }, own) {
      const { _id } = await find(input, own)
      return calls.start(_id, authenticator, own)
    },
    async verify({ authenticator, user, challenge, ...proof }, own) {
      const { _id } = await find({ user, challenge }, own)
      return calls.verify(_id, authenticator, proof, own)
    },
    async cancel(input, own) {
      const { _id } = await find(input, own)
      return calls.remove(_id, own)
    },
  }
}
