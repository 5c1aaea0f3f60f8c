import { stepOf } from '../../challenge/views.ts'
import type { AuthenticatingChallenge } from '../../mfa/authentication/authentication.ts'
import { masked } from '../../mfa/authentication/mask.ts'
import type { Connection, Means } from '../../mfa/connections/connection.ts'
import type { Choice, Standing } from '../../mfa/connections/standing.ts'
import type { AuthenticationStatus, DeviceType } from '../../protocol/mfa.ts'

export type SyncStatus = 'syncing' | 'challenges' | 'good' | 'resync' | 'incorrect_credentials' | 'user_config'

const STATUS = {
  AUTHENTICATION_REQUIRED: 'syncing',
  DEVICE_SELECTION_REQUIRED: 'challenges',
  OTP_REQUIRED: 'challenges',
  PUSH_CONFIRMATION_REQUIRED: 'syncing',
  PUSH_CONFIRMATION_TIMED_OUT: 'syncing',
  PUSH_CONFIRMATION_REJECTED: 'syncing',
  ASSERTION_REQUIRED: 'syncing',
  COMPLETED: 'good',
  FAILED: 'incorrect_credentials',
  CANCELLED: 'resync',
  TIMED_OUT: 'resync',
} as const satisfies Record<AuthenticationStatus, SyncStatus>

const CATEGORY = {
  EMAIL: 'Email',
  SMS: 'Text',
  VOICE: 'Voice',
  TOTP: null,
  OATH_TOKEN: null,
  YUBIKEY: null,
  MOBILE: null,
  DESKTOP: null,
  FIDO2: null,
  PLATFORM: null,
  SECURITY_KEY: null,
} as const satisfies Record<DeviceType, 'Voice' | 'Text' | 'Email' | null>

const MODE = { code: 'pin', picture: 'captcha' } as const satisfies Record<Means, string>

/** @param isReady whether it could be begun */
export function toSync(number: number, standing: Standing, isReady: boolean) {
  const status = statusOf(standing, isReady)
  return {
    connection_id: number,
    status,
    ...(status === 'challenges' && { challenges: toChallenges(number, standing) }),
  }
}

/** Where nothing runs, and where nothing is left that could be answered, it is begun anew, if it can be. */
function statusOf({ challenge, question }: Standing, isReady: boolean): SyncStatus {
  const present = challenge && STATUS[stepOf(challenge, challenge.authentication.step).status]
  if (present !== undefined && (present !== 'challenges' || question)) return present
  return isReady ? 'resync' : 'user_config'
}

function toChallenges(number: number, { challenge, question }: Standing) {
  if (!challenge || !question) return []
  const common = { id: question.number, connection_id: number, should_answer: true }
  return [{ ...common, ...wordsOf(challenge, question.choices) }]
}

/** Seed 004: what expires is realtime, and where a PIN shall be sent is not. */
function wordsOf(challenge: AuthenticatingChallenge, choices: readonly Choice[] | undefined) {
  if (choices) {
    return {
      type: 'choices',
      question: 'Where should we send your pin?',
      choices: choices.map(toChoice),
      expires: null,
    }
  }
  const { picture } = challenge.authentication.kept
  const expires = toWholeSeconds(challenge.expiresAt)
  if (picture === undefined) return { type: 'question', question: 'Enter your pin:', expires }
  const image = `data:image/png;base64,${picture}`
  return { type: 'image', question: 'Enter the characters in the picture:', image, expires }
}

function toChoice({ key, device: { type, address } }: Choice) {
  const value = type === 'EMAIL' ? masked(address) : `xxx-xxx-${address.slice(-4)}`
  return { key, value, category: CATEGORY[type] }
}

/** `2018-01-28T13:02:10Z`, and never later than it is. */
function toWholeSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, -'.000Z'.length)}Z`
}

export function toBinding(number: number, { user, by, challengeTimeout }: Connection) {
  return { connection_id: number, user: { id: user }, mode: MODE[by], challengeTimeout }
}
