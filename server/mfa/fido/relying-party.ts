import { z } from 'zod'
import type { MfaContext } from '../context.ts'
import { invalidValue, refusal } from '../mfa-error.ts'
import { text } from '../parse.ts'
import type { DevicePolicy } from '../policies.ts'

/** Whom a FIDO device proves its user to: it signs for pages of this domain only. */
export interface RelyingParty {
  readonly id: string
  readonly name: string
}

const rpId = z
  .string()
  .max(253)
  .transform((given) => given.trim().toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'Must be a domain, as shop.example'))

/** Overrides what the policy says. */
export const relyingParty = z.strictObject({ id: rpId.optional(), name: text(64).optional() })

export type WantedRelyingParty = z.output<typeof relyingParty>

/** The relying party that a request or its policy names, or the host of the first page there is. Throws where no page could ask for it. */
export function relyingPartyOf(
  context: MfaContext,
  { fido2 }: DevicePolicy,
  wanted: WantedRelyingParty | undefined,
): RelyingParty {
  const [first] = context.origins().map(hostOf)
  const id = wanted?.id ?? fido2.rpId ?? first
  if (id === undefined || !hasPages(context, id)) {
    throw invalidValue('rp.id', 'Must be the host of an allowed origin, or a domain above it.')
  }
  return { id, name: wanted?.name ?? fido2.rpName ?? context.issuer }
}

/** Whether there are pages that may ask on behalf of a relying party. */
export function hasPages({ origins }: MfaContext, rp: string): boolean {
  return origins().some((origin) => isOf(origin, rp))
}

/** Throws `INVALID_ORIGIN` unless pages of this origin may ask on behalf of the relying party. */
export function demandOrigin({ origins }: MfaContext, origin: string, rp: string): void {
  if (!origins().includes(origin) || !isOf(origin, rp))
    throw invalidOrigin('No page of this origin may ask this device.')
}

export function invalidOrigin(message: string) {
  return refusal('REQUEST_FAILED', 'INVALID_ORIGIN', message, { target: 'origin' })
}

/** Browsers know the public suffixes (`co.uk`) that are nobody's domain, and refuse those; one without a dot never is. */
function isOf(origin: string, rp: string): boolean {
  const host = hostOf(origin)
  return host === rp || (rp.includes('.') && host.endsWith(`.${rp}`))
}

function hostOf(origin: string): string {
  return new URL(origin).hostname
}
