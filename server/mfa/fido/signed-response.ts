import { z } from 'zod'

/** An authenticator's answer is a string with JSON in it, of so many characters at most. */
export const LONGEST_RESPONSE = 32_000

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/)

const credential = {
  id: base64url.max(1_400),
  rawId: base64url.max(1_400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
}

const attestation = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string().max(30)).max(10).nullish(),
  }),
})

const assertion = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: z.union([z.literal(''), base64url]).nullish(),
  }),
})

const clientData = z.object({ origin: z.string(), crossOrigin: z.boolean().optional() })

export type Attestation = z.output<typeof attestation>
export type Assertion = z.output<typeof assertion>

/** Undefined: it is none. */
export function parseAttestation(text: string): Attestation | undefined {
  return attestation.safeParse(parseJson(text)).data
}

/** Undefined: it is none. */
export function parseAssertion(text: string): Assertion | undefined {
  return assertion.safeParse(parseJson(text)).data
}

/** Where the browser says it was asked; undefined: it does not say, or it was in a frame of somebody else's page. */
export function originOf({ response }: Attestation | Assertion): string | undefined {
  const { data } = clientData.safeParse(parseJson(Buffer.from(response.clientDataJSON, 'base64url').toString('utf8')))
  return data && !data.crossOrigin ? data.origin : undefined
}

/** Undefined: it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
