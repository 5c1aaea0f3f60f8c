import type { AuthenticationStatus, DeviceType } from '../../server/protocol/mfa.ts'

/* What the bank's page and its backend say to each other. */

export interface Session {
  readonly user: string
  /** When the person proved it, epoch milliseconds. */
  readonly approvedDate: number
  readonly by: Proof
}

/** How somebody has proven who they are; `first` is a device that they have just added, and had none before. */
export type Proof = 'phone' | 'code' | 'passkey' | 'first'

/** A device by which somebody may prove who they are, as far as they need to know it. */
export interface Way {
  readonly id: string
  readonly type: DeviceType
  /** Its nickname, its own name, or its address, masked; absent: its type says it all. */
  readonly name?: string
}

/** How far a sign-on has come. */
export interface Step {
  readonly status: AuthenticationStatus
  /** The id of the device that is asked. */
  readonly device?: string
  /** What the user has, the default one first. */
  readonly ways: readonly Way[]
  /** JSON for `navigator.credentials.get`. */
  readonly passkeyOptions?: string
}

export interface SignOn extends Step {
  readonly waitToken: string
}

/** Whoever's phone claims it signs on. */
export interface SignOnCode {
  readonly waitToken: string
  readonly code: string
}

export interface Account {
  /** Hundredths. */
  readonly balance: number
  /** The last ones first. */
  readonly sent: readonly SentTransfer[]
}

export interface SentTransfer {
  readonly payee: string
  /** Hundredths. */
  readonly amount: number
  readonly reference: string
  /** Epoch milliseconds. */
  readonly date: number
}

/** As it is typed. */
export interface Transfer {
  readonly payee: string
  readonly amount: string
  readonly reference: string
}

/** They have no device yet, and may add their first one. */
export interface NoDevice {
  readonly newcomer: true
}

/** Why not, in a word; `attemptsRemaining` with codes. */
export interface Refusal {
  readonly outcome: string
  readonly attemptsRemaining?: number
}

/** The types that this bank's customers may add, in the order in which it recommends them. */
export const TYPES = ['MOBILE', 'FIDO2', 'TOTP', 'EMAIL'] as const
export type AddedType = (typeof TYPES)[number]

export interface OwnDevice extends Way {
  readonly isDefault: boolean
  /** ISO 8601. */
  readonly since?: string
}

export interface OwnDevices {
  readonly devices: readonly OwnDevice[]
  /** What may still be added. */
  readonly allowed: readonly AddedType[]
}

/** What it takes to add a device; which field there is, its type says. */
export interface Added {
  readonly id: string
  /** Of a phone: what it reads off the screen. `id` is that of its pairing key. */
  readonly code?: string
  /** Of a code app. */
  readonly secret?: string
  readonly keyUri?: string
  /** Of a passkey: JSON for `navigator.credentials.create`. */
  readonly passkeyOptions?: string
}

/** Who has added their first device is let in by that. */
export interface MaybeIn {
  readonly session?: Session
}

/** How far the pairing of a phone has come. */
export interface Pairing extends MaybeIn {
  readonly status: 'UNCLAIMED' | 'CLAIMED' | 'EXPIRED' | 'FAILED'
}
