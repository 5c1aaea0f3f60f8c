import { type Document, defineKind } from '../../store/store.ts'
import type { MfaContext } from '../context.ts'
import { refusal } from '../mfa-error.ts'
import { type Device, isActive } from '../users/device.ts'
import { readUser } from '../users/user.ts'
import { isFido } from './fido-device.ts'

/** Whose a credential is: how a user is found who is not named. */
export interface CredentialOwner {
  readonly user: string
  readonly device: string
}

interface Claim extends CredentialOwner, Document {}

const CLAIM = defineKind<Claim>('fido-credential')

/** How long what is left of a claim is kept, so that its versions never begin again. Milliseconds. */
const TOMBSTONE_MS = 24 * 3_600_000

/**
 * Gives a credential to a device that is about to become active with it. One that was given to a device that is gone, or
 * has become active with another, is free. Throws when it is somebody's, be it the same user's.
 */
export async function claimCredential(context: MfaContext, credential: string, owner: CredentialOwner): Promise<void> {
  const { store, changes } = context.challenges
  const before = await store.read(CLAIM, credential)
  if (before && before.device !== owner.device && (await isHeld(context, credential, before))) throw taken()
  await changes.change(CLAIM, credential, (claim) => {
    if (claim?.device === owner.device) return { result: undefined }
    // Somebody else was quicker.
    if (claim && claim.version !== before?.version) throw taken()
    return { next: { ...owner, version: (claim?.version ?? 0) + 1 }, result: undefined }
  })
}

export async function findOwner({ challenges }: MfaContext, credential: string): Promise<CredentialOwner | undefined> {
  return challenges.store.read(CLAIM, credential)
}

/** Nobody's any more: what devices have signed with that are gone. */
export async function releaseCredentials({ challenges }: MfaContext, devices: readonly Device[]): Promise<void> {
  for (const { id, credential } of devices.filter(isFido)) {
    if (!credential) continue
    await challenges.changes.change(CLAIM, credential.id, (claim, now) => {
      if (claim?.device !== id) return { result: undefined }
      const nobodys = { user: '', device: '', version: claim.version + 1, purgeAt: now + TOMBSTONE_MS }
      return { next: nobodys, result: undefined }
    })
  }
}

async function isHeld(context: MfaContext, credential: string, { user, device }: CredentialOwner): Promise<boolean> {
  const found = (await readUser(context, user)).devices.find(({ id }) => id === device)
  if (!found || !isFido(found)) return false
  return !isActive(found) || found.credential?.id === credential
}

function taken() {
  const message = 'This authenticator is registered already.'
  return refusal('UNIQUENESS_VIOLATION', 'UNIQUENESS_VIOLATION', message, { target: 'attestation' })
}
