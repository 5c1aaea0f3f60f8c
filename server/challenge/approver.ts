import type { Principal } from '../auth/principal.ts'
import type { PublicKey } from '../protocol/statement.ts'
import { type Document, defineKind } from '../store/store.ts'
import type { ChallengeContext } from './context.ts'

/** What is known of a person who approves. It never expires: a revoked token must stay dead. */
export interface ApproverRecord extends Document {
  /** Tokens issued until then are dead. Epoch milliseconds. */
  readonly revokedAt: number
  /** Devices that have proven to hold a key, and sign with it. */
  readonly devices?: readonly PairedDevice[] | undefined
}

/** A device with a key of its own. */
export interface PairedDevice {
  readonly id: string
  readonly publicKey: PublicKey
  /** Of that key: tokens name it (RFC 7800, `cnf`). */
  readonly thumbprint: string
}

export const APPROVER = defineKind<ApproverRecord>('approver')

type Approvers = Pick<ChallengeContext, 'changes'>

function change(
  { changes }: Approvers,
  user: string,
  next: (record: Omit<ApproverRecord, 'version'>, now: number) => Omit<ApproverRecord, 'version'>,
): Promise<void> {
  return changes.change(APPROVER, user, (record, now) => {
    const { version = 0, ...before } = record ?? { revokedAt: 0 }
    const after = next(before, now)
    return { ...(after !== before && { next: { ...after, version: version + 1 } }), result: undefined }
  })
}

/** Kills all of a user's approver tokens issued until now; a paired device can prove itself for a fresh one. */
export function revokeApprover(context: Approvers, user: string): Promise<void> {
  return change(context, user, (record, now) => ({ ...record, revokedAt: now }))
}

/** From now on the device's key is good for its owner's answers. */
export function pairDevice(context: Approvers, user: string, device: PairedDevice): Promise<void> {
  return change(context, user, (record) => ({
    ...record,
    devices: [...(record.devices ?? []).filter(({ id }) => id !== device.id), device],
  }))
}

/** The device's tokens die, on every instance and at once. */
export function unpairDevices(context: Approvers, user: string, ids: readonly string[]): Promise<void> {
  return change(context, user, (record) => {
    const devices = record.devices?.filter(({ id }) => !ids.includes(id))
    return devices?.length === record.devices?.length ? record : { ...record, devices }
  })
}

/** The paired device a token speaks for; undefined: the token is bound to none. */
export function pairedDevice(
  record: ApproverRecord | undefined,
  { device, thumbprint }: Pick<Principal, 'device' | 'thumbprint'>,
): PairedDevice | undefined {
  return record?.devices?.find((each) => each.id === device && each.thumbprint === thumbprint)
}

/** Whether a token is dead: everybody's was revoked, or its device is not paired any more. */
export function isRevoked(record: ApproverRecord | undefined, principal: Principal): boolean {
  // A token's time of issue counts whole seconds, so one of the very second of the revocation is dead too.
  if (record !== undefined && principal.issuedAt <= record.revokedAt) return true
  return principal.thumbprint !== undefined && pairedDevice(record, principal) === undefined
}
