import { HubError } from '../errors.ts'
import type { Refusal } from './action.ts'
import type { Challenge } from './challenge.ts'
import type { Transition } from './transition.ts'

/** What is said of every challenge that is unknown, purged, or somebody else's. */
export function challengeNotFound(): HubError {
  return new HubError('challenge_not_found', 'There is no such challenge.')
}

/** The challenge an action left behind; throws what whoever asked must be told when it was refused. */
export function challengeOrRefuse(moved: Transition | undefined, show: (challenge: Challenge) => object): Challenge {
  if (!moved) throw challengeNotFound()
  if (moved.refusal) throw toError(moved.refusal, () => show(moved.challenge))
  return moved.challenge
}

function toError(refusal: Refusal, record: () => object): HubError {
  switch (refusal.code) {
    case 'challenge_not_found':
      return challengeNotFound()
    case 'challenge_complete':
      return new HubError('challenge_complete', 'This challenge is complete and does not change any more.', {
        record: record(),
      })
    case 'not_proven':
      return new HubError('invalid_request', 'Not acceptable: challengeStatus.', {
        errors: [{ path: 'challengeStatus', message: 'only the authentication under way can approve this challenge' }],
      })
    case 'signature_required':
      return new HubError('signature_required', 'The device that is asked has to sign the answer.')
    case 'stale_signature':
      return new HubError('stale_signature', 'Another question is asked by now than the one that was signed.')
    case 'number_missing':
      return new HubError('invalid_request', 'Not acceptable: number.', {
        errors: [{ path: 'number', message: 'the digits shown on the waiting page are needed' }],
      })
    case 'number_mismatch':
      return new HubError('number_mismatch', 'This is not the number shown on the waiting page.', {
        attemptsRemaining: refusal.attemptsRemaining,
      })
  }
}
