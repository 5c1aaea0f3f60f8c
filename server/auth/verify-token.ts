import type { KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { SCOPES, type Scope } from '../protocol/scopes.ts'
import { OWN_ISSUER } from './issue-token.ts'
import type { Principal } from './principal.ts'

/** A longer token is not looked at. Characters. */
const LONGEST_TOKEN = 8_192

/** Finds the public key an issuer signs with; throws `invalid_token` for a key it does not have. */
export type FindKey = (keyId: string | undefined) => Promise<KeyObject>

export interface TokenRules {
  /** Check `HS256`; the first also signs. */
  readonly secrets: readonly KeyObject[]
  /** Finds the keys for `RS256` and `ES256`; without it such tokens are refused. */
  readonly findKey?: FindKey | undefined
  /** Demanded of all tokens but the hub's own. */
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
}

const header = z.object({ alg: z.string(), kid: z.string().optional() })

const claims = z.object({
  exp: z.number(),
  iat: z.number().optional(),
  iss: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  scope: z.string(),
  sub: z.string().min(1).max(200).optional(),
  device: z.string().max(200).optional(),
  cnf: z.object({ jkt: z.string().max(100).optional() }).optional(),
  challenge: z.string().min(1).max(100).optional(),
  since: z.number().int().nonnegative().optional(),
})

type Claims = z.output<typeof claims>

/**
 * Tells who a token speaks for. Throws `invalid_token` or `expired_token`, with a reason that helps and tells nothing of
 * the token or the keys.
 * @param now epoch milliseconds by the store's clock
 */
export async function verifyToken(rules: TokenRules, token: unknown, now: number): Promise<Principal> {
  if (typeof token !== 'string' || token === '') throw refused('A token is needed.')
  if (token.length > LONGEST_TOKEN) throw refused('The token is too long.')
  const { alg, kid } = readHeader(token)
  const checked = claims.safeParse(await checkSignature(rules, token, alg, kid, now))
  if (!checked.success)
    throw refused(`The token's claim ${checked.error.issues[0]?.path.join('.')} is missing or wrong.`)
  const isOwn = alg === 'HS256' && checked.data.iss === OWN_ISSUER
  if (!isOwn) checkOrigin(rules, checked.data)
  return toPrincipal(checked.data)
}

function readHeader(token: string): z.output<typeof header> {
  try {
    return header.parse(JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()))
  } catch {
    throw refused('The token is not a JWT.')
  }
}

/** The key follows from the algorithm, never the other way round: a public key is no secret to check `HS256` with. */
async function checkSignature(rules: TokenRules, token: string, alg: string, kid: string | undefined, now: number) {
  if (alg === 'HS256') return checkWithAny(token, rules.secrets, 'HS256', now)
  if ((alg === 'RS256' || alg === 'ES256') && rules.findKey) {
    return checkWithAny(token, [await rules.findKey(kid)], alg, now)
  }
  throw refused('The token is signed with an algorithm that is not accepted here.')
}

function checkWithAny(
  token: string,
  keys: readonly KeyObject[],
  alg: 'HS256' | 'RS256' | 'ES256',
  now: number,
): unknown {
  for (const key of keys) {
    try {
      return jwt.verify(token, key, { algorithms: [alg], clockTimestamp: Math.floor(now / 1_000) })
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError) throw new HubError('expired_token', 'The token has expired.')
      if (error instanceof jwt.NotBeforeError) throw refused('The token is not valid yet.')
      // Anything else speaks against this key only: during a rotation another one may fit.
    }
  }
  throw refused("The token's signature is not valid.")
}

function checkOrigin({ issuer, audience }: TokenRules, { iss, aud }: Claims): void {
  if (issuer !== undefined && iss !== issuer) throw refused('The token is of another issuer.')
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (audience !== undefined && !audiences.includes(audience)) throw refused('The token is for another audience.')
}

export function toPrincipal({ scope, sub, device, cnf, challenge, since, iat, exp }: Claims): Principal {
  const words = scope.split(' ')
  const scopes = new Set(words.filter(isScope))
  const others = words.filter((word) => word !== '' && !isScope(word))
  const waitsOnly = [...scopes].every((held) => held === 'challenges:wait')
  if (!waitsOnly && sub === undefined) throw refused("The token's claim sub is missing.")
  if (scopes.has('challenges:wait') && challenge === undefined) throw refused("The token's claim challenge is missing.")
  return {
    caller: `token:${sub ?? ''}`,
    scopes,
    ...(others.length > 0 && { otherScopes: new Set(others) }),
    sub,
    device,
    thumbprint: cnf?.jkt,
    challenge,
    since,
    issuedAt: (iat ?? 0) * 1_000,
    expiresAt: exp * 1_000,
  }
}

function isScope(word: string): word is Scope {
  return (SCOPES as readonly string[]).includes(word)
}

function refused(detail: string): HubError {
  return new HubError('invalid_token', detail)
}
