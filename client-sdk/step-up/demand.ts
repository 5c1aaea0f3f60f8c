import type { Display } from '../../server/protocol/challenge.ts'
import { deadline } from '../deadline.ts'
import { operationOf } from './operation-of.ts'
import { nobody, type Refusal, tell, toBeAnswered, toRefusal, unavailable } from './refusals.ts'
import type { Manner, Purpose, StepUpCalls } from './step-up-calls.ts'
import type { StepUpChallenge } from './step-up-challenge.ts'
import type { StepUpHandler, StepUpProof, StepUpRequest } from './step-up-handler.ts'
import { useChallenge } from './use-challenge.ts'

export interface DemandOptions<Request extends StepUpRequest = StepUpRequest> extends Omit<Manner, 'display'> {
  /** Who asks, as your session knows it, never as the request says. Undefined: nobody is signed on, and nobody gets through. */
  readonly user: (request: Request) => string | undefined | Promise<string | undefined>
  /** What is asked for, 1…200 characters; default: method, path, query and body, see `operationOf`. */
  readonly operation?: ((request: Request) => string | Promise<string>) | undefined
  /** What the phone shows. Make it of the very values that the request is carried out with. */
  readonly display?: Display | ((request: Request) => Display) | undefined
}

/** What all handlers of one client have in common. */
export interface DemandContext {
  readonly calls: StepUpCalls
  /** Which header names the challenge. */
  readonly header: string
  /** Milliseconds. */
  readonly patience: number
  readonly onError: ((error: unknown) => void) | undefined
}

/** Lets a request through that has been approved, once, and no other: whatever is in doubt stays out. */
export function createDemand<Request extends StepUpRequest>(
  { calls, header, patience, onError }: DemandContext,
  { user: userOf, operation: describe = operationOf, display, ...manner }: DemandOptions<Request>,
): StepUpHandler<Request> {
  return async (request, response, next) => {
    const limit = deadline(patience)
    let verdict: StepUpProof | Refusal
    try {
      verdict = await judge(request, limit.signal)
    } catch (error) {
      const refusal = limit.signal.aborted ? unavailable() : toRefusal(error)
      if (!refusal) return next(error)
      onError?.(error)
      verdict = refusal
    } finally {
      limit.clear()
    }
    // Others have answered it meanwhile, such as one who waits no longer.
    if (response.headersSent) return
    if ('body' in verdict) return tell(response, verdict, header)
    request.stepUp = verdict
    next()
  }

  async function judge(request: Request, signal: AbortSignal): Promise<StepUpProof | Refusal> {
    const user = await userOf(request)
    if (!user) return nobody()
    const purpose = { user, operation: await describe(request) }
    const named = request.headers[header.toLowerCase()]
    const used = named === undefined ? 'worthless' : await useChallenge(calls, String(named), purpose, signal)
    if (used !== 'worthless') return 'open' in used ? toBeAnswered(used.open) : proven(purpose, used.redeemed)
    const shown = typeof display === 'function' ? display(request) : display
    return toBeAnswered(await calls.create(purpose, { ...manner, display: shown }, { signal }))
  }
}

function proven(purpose: Purpose, challenge: StepUpChallenge): StepUpProof {
  const by = challenge._embedded.authenticators.find(({ state }) => state === 'verified')
  return { ...purpose, by, challenge }
}
