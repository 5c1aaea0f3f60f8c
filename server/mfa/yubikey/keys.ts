import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Document, defineKind } from '../../store/store.ts'
import type { KeyVerdict } from '../../yubikey/yubikey-validator.ts'
import type { MfaContext } from '../context.ts'
import { MfaError, refusal } from '../mfa-error.ts'
import { readUser } from '../users/user.ts'
import { publicIdOf } from './key-otp.ts'

/** One YubiKey: whose it is, and what it has typed lately. */
interface Key extends Document {
  readonly owner?: Owner | undefined
  /** When it was given to its owner. Epoch milliseconds. */
  readonly givenAt: number
  /** The last codes that were good, and what each was good for. */
  readonly taken: readonly Taken[]
}

interface Taken {
  /** SHA-256 of the code, base64url. */
  readonly digest: string
  /** The challenge, or the device that it paired. */
  readonly by: string
}

export interface Owner {
  readonly user: string
  readonly device: string
}

const KEY = defineKind<Key>('yubikey')
const UNSEEN: Key = { version: 0, givenAt: 0, taken: [] }

/** So many codes are known, in case the validation server should say of one that it is good again. */
const MOST_TAKEN = 100
/** And so long, once the key is nobody's. Milliseconds. */
const NOBODYS_MS = 90 * 24 * 3_600_000
/** A device comes to be so soon after its key was given to it, or not at all. Milliseconds. */
const COMES_WITHIN_MS = 60_000

/** Seconds. */
const RETRY_AFTER = 5
/** So soon what one request was told of a code is kept, wherever another one with the same code arrived. Milliseconds. */
const KEPT_WITHIN_MS = 300

/**
 * What becomes of a key's code: it is good once, whatever is said of it elsewhere, but for the same purpose, whose answer may
 * have been lost. Throws `UNAVAILABLE` when nobody can tell: that costs nothing.
 * @param by what it is good for: the challenge, or the device that it pairs
 */
export async function takeKeyOtp(context: MfaContext, otp: string, by: string): Promise<KeyVerdict> {
  const { store, changes } = context.challenges
  const key = publicIdOf(otp)
  const digest = createHash('sha256').update(otp).digest('base64url')
  const takenAs = (known: Key | undefined): KeyVerdict | undefined => {
    const taken = known?.taken.find((each) => each.digest === digest)
    return taken && (taken.by === by ? 'right' : 'reused')
  }
  const before = takenAs(await store.read(KEY, key))
  if (before) return before
  const verdict = await validate(context, otp)
  // The same wish, made twice at once: the validation server takes the second one for a replay.
  if (verdict === 'reused') {
    await pause(KEPT_WITHIN_MS)
    return takenAs(await store.read(KEY, key)) ?? verdict
  }
  if (verdict === 'wrong') return verdict
  return changes.change(KEY, key, (known = UNSEEN, now) => {
    const meanwhile = takenAs(known)
    if (meanwhile) return { result: meanwhile }
    const taken = [...known.taken, { digest, by }].slice(-MOST_TAKEN)
    return { next: kept({ ...known, taken }, now), result: verdict }
  })
}

async function validate({ yubikeys, challenges }: MfaContext, otp: string): Promise<KeyVerdict> {
  const unavailable = () =>
    new MfaError('UNAVAILABLE', 'Nobody can tell at the moment whether the code is good.', { retryAfter: RETRY_AFTER })
  if (!yubikeys) throw unavailable()
  try {
    return await yubikeys.validate(otp)
  } catch (error) {
    challenges.onError(error)
    throw unavailable()
  }
}

/** Gives the key that typed a code to a user's device that is about to be. Throws when the code is not good, or the key somebody's. */
export async function giveKey(context: MfaContext, otp: string, owner: Owner): Promise<void> {
  const verdict = await takeKeyOtp(context, otp, owner.device)
  if (verdict === 'wrong') throw refused('INVALID_OTP', 'The key did not make this code.')
  if (verdict === 'reused') throw refused('OTP_REUSED', 'This code has been used.')
  const { store, changes } = context.challenges
  const key = publicIdOf(otp)
  const before = await store.read(KEY, key)
  if (before?.owner && before.owner.device !== owner.device && (await isHeld(context, before.owner, before.givenAt))) {
    throw somebodys()
  }
  await changes.change(KEY, key, (known = UNSEEN, now) => {
    // Somebody else was quicker.
    if (known.owner && known.owner.device !== before?.owner?.device && known.owner.device !== owner.device) {
      throw somebodys()
    }
    return { next: kept({ ...known, owner, givenAt: now }, now), result: undefined }
  })
}

/** Whether a key's device is there, or may still come to be. */
async function isHeld(context: MfaContext, { user, device }: Owner, givenAt: number): Promise<boolean> {
  if (context.challenges.store.now() < givenAt + COMES_WITHIN_MS) return true
  return (await readUser(context, user)).devices.some(({ id }) => id === device)
}

/** A key whose device is no more, or never came to be, may be given to anybody. */
export async function releaseKey(
  { challenges: { changes } }: MfaContext,
  key: string,
  { device }: { readonly device: string },
): Promise<void> {
  await changes.change(KEY, key, (known, now) => {
    if (known?.owner?.device !== device) return { result: undefined }
    const { owner: _owner, ...free } = known
    return { next: kept(free, now), result: undefined }
  })
}

function kept({ purgeAt: _before, ...key }: Key, now: number): Key {
  return { ...key, version: key.version + 1, ...(!key.owner && { purgeAt: now + NOBODYS_MS }) }
}

function refused(code: 'INVALID_OTP' | 'OTP_REUSED', message: string) {
  return refusal('REQUEST_FAILED', code, message, { target: 'otp' })
}

function somebodys() {
  return refusal('UNIQUENESS_VIOLATION', 'UNIQUENESS_VIOLATION', 'This key is a device already.', { target: 'otp' })
}
