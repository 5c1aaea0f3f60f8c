/** Assent's client: for the page that waits, the person who approves, and the backend that asks. */

export type {
  ApprovalView,
  ApproverView,
  BackendView,
  ChallengeView,
  Claim,
  CreateChallengeBody,
  CreatedChallenge,
  Display,
  DisplayField,
  PageView,
  PolledChallenge,
  PollOutcome,
  UpdateChallengeBody,
} from '../server/protocol/challenge.ts'
export { NOT_ME } from '../server/protocol/challenge.ts'
export type { ErrorCode, FieldError } from '../server/protocol/error-codes.ts'
export type { Withdrawn } from '../server/protocol/events.ts'
export type {
  AuthenticationCodeView,
  AuthenticationView,
  ClaimedCodeView,
  DeviceListView,
  DeviceView,
  PairingKeyView,
  PhoneDescription,
} from '../server/protocol/mfa.ts'
export type { MfaCode, MfaDetail, MfaDetailCode } from '../server/protocol/mfa-errors.ts'
export { AssentError, type AssentErrorCode } from './assent-error.ts'
export { type Approver, type ApproverOptions, connectApprover } from './connect-approver.ts'
export {
  type Backend,
  type BackendOptions,
  type CallOptions,
  type CreateOptions,
  createBackend,
  type WaitForChangeOptions,
} from './create-backend.ts'
export type { DecisionDetails } from './decide.ts'
export type { Connection } from './keep-in-touch.ts'
export { AssentMfaError } from './mfa/assent-mfa-error.ts'
export type { MfaAnswer } from './mfa/call-mfa.ts'
export { createMfa, type MfaOptions } from './mfa/create-mfa.ts'
export type * as MfaInput from './mfa/inputs.ts'
export type { Mfa } from './mfa/mfa.ts'
export type { DeviceAuthenticationPolicyView } from './mfa/views.ts'
export { createPhone, type Phone, type PhoneOptions } from './phone/create-phone.ts'
export type { PhoneApprover, PhoneApproverOptions } from './phone/keep-approving.ts'
export { browserKeeper, type KeptPhone, memoryKeeper, type Pairing, type PhoneKeeper } from './phone/phone-keeper.ts'
export type { PollOptions } from './poll-hub.ts'
export { challengeRequired, type StepUpRefusal } from './step-up/challenge-required.ts'
export {
  type AuthenticatorInput,
  type ChallengeInput,
  createStepUp,
  type StepUp,
  type StepUpOptions,
} from './step-up/create-step-up.ts'
export type { DemandOptions } from './step-up/demand.ts'
export { type DescribedRequest, operationOf } from './step-up/operation-of.ts'
export type { AuthenticatorProof } from './step-up/step-up-calls.ts'
export type { StartedAuthenticator, StepUpAuthenticator, StepUpChallenge } from './step-up/step-up-challenge.ts'
export type { StepUpCode } from './step-up/step-up-codes.ts'
export type { StepUpHandler, StepUpProof, StepUpRequest, StepUpResponse } from './step-up/step-up-handler.ts'
export type { Until } from './track-status.ts'
export { type WaitOptions, waitForStatus } from './wait-for-status.ts'
