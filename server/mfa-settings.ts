import { z } from 'zod'
import { isSecureOrigin } from './auth/origins.ts'
import { list, webUrl } from './variables.ts'

export interface MfaSettings {
  /** Of this deployment; undefined: made at the first start. */
  readonly environmentId: string | undefined
  /** Who code apps show codes as being for. */
  readonly issuer: string
  /** Whether whoever makes a device or an authentication may be told the code instead of its owner. */
  readonly allowsTestMode: boolean
  /** The web app on phones. */
  readonly phoneUrl: string | undefined
  /** The pages that may ask FIDO devices; undefined: none in production, else the hub's own. */
  readonly webauthnOrigins: readonly string[] | undefined
}

/** The environment's variables about the engine. */
export const mfaVariables = {
  ENVIRONMENT_ID: z.uuid('must be a UUID').optional(),
  MFA_ISSUER: z.string().min(1).max(100).default('Assent'),
  ALLOW_TEST_MODE: z.enum(['true', 'false']).optional(),
  PHONE_URL: webUrl.optional(),
  WEBAUTHN_ORIGINS: list.refine((origins) => origins.every(isSecureOrigin), {
    error:
      'must be origins like https://login.shop.example (http only on localhost), without a path, separated by commas',
  }),
}

const environment = z.object(mfaVariables)

export function toMfaSettings(env: z.output<typeof environment>, production: boolean): MfaSettings {
  return {
    environmentId: env.ENVIRONMENT_ID,
    issuer: env.MFA_ISSUER,
    allowsTestMode: env.ALLOW_TEST_MODE === undefined ? !production : env.ALLOW_TEST_MODE === 'true',
    phoneUrl: env.PHONE_URL,
    webauthnOrigins: env.WEBAUTHN_ORIGINS.length > 0 ? env.WEBAUTHN_ORIGINS : undefined,
  }
}
