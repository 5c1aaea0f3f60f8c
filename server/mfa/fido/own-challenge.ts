import { z } from 'zod'
import { type Document, defineKind } from '../../store/store.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue } from '../mfa-error.ts'

const LEAST_BYTES = 32
const MOST_BYTES = 512

/** Seed 001: "Must be a valid Base64URL string that decodes to at least 32 bytes". However it is padded, it is the same. */
export const ownChallenge = z
  .string()
  .max(700)
  .regex(/^[A-Za-z0-9_-]+={0,2}$/, 'Must be base64url')
  .transform((given) => Buffer.from(given, 'base64url'))
  .refine(({ length }) => length >= LEAST_BYTES && length <= MOST_BYTES, {
    error: `Must decode to ${LEAST_BYTES} to ${MOST_BYTES} bytes`,
  })
  .transform((bytes) => bytes.toString('base64url'))

interface Used extends Document {
  readonly authentication: string
}

/** Kept for good: whoever has seen an answer to it could give that answer again. */
const USED = defineKind<Used>('fido-own-challenge')

/** Uses a challenge of the backend's own up, for this authentication; throws when another one has. */
export async function useOwnChallenge({ challenges }: MfaContext, challenge: string, authentication: string) {
  await challenges.changes.change(USED, challenge, (used) => {
    if (!used) return { next: { version: 1, authentication }, result: undefined }
    if (used.authentication === authentication) return { result: undefined }
    throw invalidValue('challenge', 'This challenge has been used.')
  })
}
