import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { defineKind } from '../../store/store.ts'
import { Catalogue, type Entry, type Listed } from '../catalogue.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue, notFound, refusal } from '../mfa-error.ts'
import type { OathState } from '../otp/oath-code.ts'
import { parse, text } from '../parse.ts'
import { readUser } from '../users/user.ts'

const MOST_TOKENS = 2_000
const MOST_AT_ONCE = 500

/** A device comes to be so soon after its token was given to it, or not at all. Milliseconds. */
const COMES_WITHIN_MS = 60_000

/** A hardware token in the inventory. */
export interface OathToken extends Entry {
  readonly serialNumber: string
  readonly state: OathState
  /** Whose it is, once it is a device. */
  readonly owner?: Owner | undefined
}

interface Owner {
  readonly user: string
  readonly device: string
}

const tokens = new Catalogue<OathToken>({
  kind: defineKind<Listed<OathToken>>('oath-tokens'),
  most: MOST_TOKENS,
  builtIn: [],
})

const serialNumber = text(100)

const newToken = z.strictObject({
  serialNumber,
  /** Write-only. */
  secret: z
    .string()
    .transform((given) => given.replace(/[\s=]/g, '').toUpperCase())
    .pipe(z.string().regex(/^[A-Z2-7]{26,128}$/, 'Must be base32, of 16 bytes or more')),
  type: z.enum(['HOTP', 'TOTP']),
  digits: z.literal([6, 8]).default(6),
  /** HOTP: of the next code. */
  counter: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  /** TOTP: seconds. */
  stepSize: z.literal([30, 60]).default(30),
})

const newTokens = z.array(newToken).min(1).max(MOST_AT_ONCE)

export function listTokens(context: MfaContext): Promise<readonly OathToken[]> {
  return tokens.all(context)
}

export async function getToken(context: MfaContext, id: string): Promise<OathToken> {
  const found = await tokens.find(context, id)
  if (!found) throw notFound()
  return found
}

/** Takes tokens into the inventory: all of them, or none. @param body one, or a list */
export function addTokens(context: MfaContext, body: unknown): Promise<readonly OathToken[]> {
  const wanted = Array.isArray(body) ? parse(newTokens, body) : [parse(newToken, body)]
  return tokens.change(context, (all, now) => {
    const taken = new Set(all.map((token) => token.serialNumber))
    const made = wanted.map(({ serialNumber: serial, ...state }, at) => {
      const target = Array.isArray(body) ? `${at}.serialNumber` : 'serialNumber'
      if (taken.has(serial)) {
        throw refusal('UNIQUENESS_VIOLATION', 'UNIQUENESS_VIOLATION', 'There is one with this number.', { target })
      }
      taken.add(serial)
      const counter = state.type === 'HOTP' ? state.counter : 0
      return {
        id: randomUUID(),
        createdAt: now,
        updatedAt: now,
        serialNumber: serial,
        state: { ...state, counter, lastStep: 0 },
      }
    })
    return { entries: [...all, ...made], result: made }
  })
}

export function removeToken(context: MfaContext, id: string): Promise<void> {
  return tokens.change(context, (all) => {
    const found = all.find((token) => token.id === id)
    if (!found) throw notFound()
    if (found.owner) throw refusal('CONFLICT', 'IN_USE', 'It is a device of a user. Delete that first.')
    return { entries: all.filter((token) => token !== found), result: undefined }
  })
}

/**
 * Gives a token to a user's device that is about to be. One that was given to a device that never came to be, or is gone,
 * is free.
 */
export async function assignToken(context: MfaContext, serial: string, owner: Owner): Promise<OathToken> {
  const known = (await tokens.all(context)).find((token) => token.serialNumber === serial)
  const unknown = () => invalidValue('serialNumber', 'There is no such token, or it is somebody’s already.')
  if (!known) throw unknown()
  const before = known.owner
  const isFresh = context.challenges.store.now() < known.updatedAt + COMES_WITHIN_MS
  const isHeld =
    before && (isFresh || (await readUser(context, before.user)).devices.some(({ id }) => id === before.device))
  if (isHeld && before.device !== owner.device) throw unknown()
  return tokens.change(context, (all, now) => {
    const found = all.find((token) => token.serialNumber === serial)
    // Somebody else was quicker.
    if (!found || (found.owner && found.owner.device !== before?.device)) throw unknown()
    const given = { ...found, owner, updatedAt: now }
    return { entries: all.map((token) => (token === found ? given : token)), result: given }
  })
}

/** Takes tokens back from devices that are no more, as far on as they are. */
export async function releaseTokens(
  context: MfaContext,
  released: readonly { readonly token: string; readonly device: string; readonly state: OathState }[],
): Promise<void> {
  if (released.length === 0) return
  await tokens.change(context, (all, now) => {
    const entries = all.map((token) => {
      const mine = released.find((each) => each.token === token.id && each.device === token.owner?.device)
      if (!mine) return token
      const { owner: _owner, ...free } = token
      return { ...free, state: mine.state, updatedAt: now }
    })
    return { entries, result: undefined }
  })
}
