import type { DescribedRequest } from './operation-of.ts'
import type { StepUpAuthenticator, StepUpChallenge } from './step-up-challenge.ts'

/** What was proven for one request. */
export interface StepUpProof {
  readonly user: string
  readonly operation: string
  /** What it was proven by. */
  readonly by: StepUpAuthenticator | undefined
  /** As it was redeemed. */
  readonly challenge: StepUpChallenge
}

declare global {
  // Where Express is, its requests have it; elsewhere it means nothing.
  namespace Express {
    interface Request {
      /** Set on what `demand` has let through. */
      stepUp?: StepUpProof
    }
  }
}

/** A request of Express or Connect, or of Node itself with its body parsed. */
export interface StepUpRequest extends DescribedRequest {
  stepUp?: StepUpProof
}

export interface StepUpResponse {
  statusCode: number
  readonly headersSent?: boolean
  setHeader(name: string, value: string): unknown
  end(text: string): unknown
}

export type StepUpHandler<Request extends StepUpRequest = StepUpRequest> = (
  request: Request,
  response: StepUpResponse,
  next: (error?: unknown) => void,
) => Promise<void>
