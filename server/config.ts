import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { type ApiKey, parseApiKey } from './auth/api-keys.ts'
import {
  type DeliverySettings,
  deliveryProblems,
  deliveryVariables,
  halfConfigured,
  toDeliverySettings,
} from './delivery/settings.ts'
import { DIALECTS, type DialectName } from './dialects/names.ts'
import { type LimitSettings, limitVariables, toLimitSettings } from './limits/settings.ts'
import { type MfaSettings, mfaVariables, toMfaSettings } from './mfa-settings.ts'
import { parseRedisUrl } from './redis-url.ts'
import { list, number, webUrl } from './variables.ts'
import { toYubikeySettings, YUBIKEY_TOGETHER, type YubikeySettings, yubikeyVariables } from './yubikey/settings.ts'

export interface Config {
  readonly port: number
  /** Undefined: all addresses. */
  readonly host: string | undefined
  readonly redisUrl: string | undefined
  readonly redisPrefix: string
  /** The first signs, all verify. */
  readonly jwtSecrets: readonly KeyObject[]
  readonly jwksUrl: string | undefined
  readonly jwtIssuer: string | undefined
  readonly jwtAudience: string | undefined
  readonly apiKeys: readonly ApiKey[]
  /** The first seals, all open; none: documents are not sealed. */
  readonly storeKeys: readonly Buffer[]
  readonly corsOrigins: readonly string[]
  readonly trustProxy: readonly string[]
  readonly logLevel: string
  readonly production: boolean
  readonly drainSeconds: number
  /** Instances that share the port, each in a process of its own. */
  readonly workers: number
  readonly limits: LimitSettings
  /** Who delivers messages. */
  readonly delivery: DeliverySettings
  /** Who judges the codes of YubiKeys; undefined: nobody. */
  readonly yubikey: YubikeySettings | undefined
  readonly mfa: MfaSettings
  /** The products whose APIs are spoken. */
  readonly dialects: readonly DialectName[]
  /** Whether the hub made its own secret, because none was set outside production. */
  readonly madeSecret: boolean
}

const SHORTEST_SECRET = 32
const STORE_KEY_BYTES = 32
const MOST_WORKERS = 256

/** Every configuration problem at once, each beginning with the variable's name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

const workers = z
  .string()
  .regex(/^(\d+|auto)$/, 'must be a whole number, or auto')
  .transform((text) => (text === 'auto' ? availableParallelism() : Number(text)))
  .pipe(z.number().min(1).max(MOST_WORKERS))

const dialects = z
  .string()
  .transform((names) => list.parse(names).filter((name) => name !== 'none'))
  .pipe(z.array(z.enum(DIALECTS, `must be none, or some of these, separated by commas: ${DIALECTS.join(', ')}`)))

const environment = z.object({
  PORT: number.pipe(z.number().int().min(0).max(65_535)).default(3_000),
  HOST: z.string().min(1).optional(),
  REDIS_URL: z
    .string()
    .superRefine((url, context) => {
      const message = whatIsWrong(url)
      if (message) context.addIssue({ code: 'custom', message })
    })
    .optional(),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w.:-]{1,50}$/, 'must be 1 to 50 letters, digits or . : _ -')
    .default('assent'),
  JWT_SECRET: list.refine((secrets) => secrets.every((secret) => secret.length >= SHORTEST_SECRET), {
    error: `must be at least ${SHORTEST_SECRET} characters (each, in a comma-separated list)`,
  }),
  JWKS_URL: webUrl.optional(),
  JWT_ISSUER: z.string().min(1).optional(),
  JWT_AUDIENCE: z.string().min(1).optional(),
  API_KEYS: list.transform((keys, context) =>
    keys.map((text, at) => {
      const key = parseApiKey(text)
      if (typeof key === 'string') context.addIssue({ code: 'custom', message: `number ${at + 1} ${key}` })
      return key as ApiKey
    }),
  ),
  STORE_KEY: list
    .transform((keys) => keys.map((key) => Buffer.from(key, 'base64')))
    .refine((keys) => keys.every((key) => key.length === STORE_KEY_BYTES), {
      error: `must be ${STORE_KEY_BYTES} bytes in base64 (each, in a comma-separated list); make one with: openssl rand -base64 32`,
    }),
  CORS_ORIGINS: list.refine(
    (origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    {
      error: 'must be origins like https://shop.example, without a path, separated by commas',
    },
  ),
  TRUST_PROXY: list.refine((proxies) => proxies.every(isNetwork), 'must be IP addresses or CIDRs, separated by commas'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional(),
  NODE_ENV: z.string().optional(),
  DRAIN_SECONDS: number.pipe(z.number().min(0).max(3_600)).default(20),
  WORKERS: workers.default(1),
  DIALECTS: dialects.optional(),
  ...mfaVariables,
  ...limitVariables,
  ...deliveryVariables,
  ...yubikeyVariables,
})

type Environment = z.output<typeof environment>

/** Reads the environment, once. Throws `ConfigError` with everything that is wrong in it. */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const read = environment.safeParse(present)
  const wrong = read.success ? [] : read.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`)
  const problems = [
    ...wrong,
    ...missing(present),
    ...unshared(present),
    ...deliveryProblems(present),
    ...halfConfigured(present, [YUBIKEY_TOGETHER]),
  ]
  if (!read.success || problems.length > 0) throw new ConfigError(problems)
  return toConfig(read.data)
}

function missing(present: Readonly<Record<string, string | undefined>>): string[] {
  if (present.NODE_ENV !== 'production') return []
  const wanted = [
    ['JWT_SECRET', 'is needed in production; make one with: openssl rand -base64 48'],
    ...(present.REDIS_URL
      ? [['STORE_KEY', 'is needed in production on Redis; make one with: openssl rand -base64 32']]
      : []),
  ] as const
  return wanted.filter(([name = '']) => isEmptyList(present[name])).map(([name, why]) => `${name}: ${why}`)
}

/** Several workers are several instances, and the memory store is one instance's own. */
function unshared({ REDIS_URL, WORKERS = '1' }: Readonly<Record<string, string | undefined>>): string[] {
  const wanted = workers.safeParse(WORKERS)
  // "auto" may be one here and several on the next machine: it is refused on both.
  const several = wanted.success && (wanted.data > 1 || WORKERS === 'auto')
  return several && REDIS_URL === undefined
    ? ['WORKERS: needs REDIS_URL: the memory store serves one process only']
    : []
}

function isEmptyList(text: string | undefined): boolean {
  return list.parse(text).length === 0
}

function toConfig(env: Environment): Config {
  const production = env.NODE_ENV === 'production'
  const madeSecret = env.JWT_SECRET.length === 0
  const secrets = madeSecret ? [randomBytes(48).toString('base64url')] : env.JWT_SECRET
  return {
    port: env.PORT,
    // Outside production the hub hands out tokens and serves a demo: only this machine should reach it unasked.
    host: env.HOST ?? (production ? undefined : '127.0.0.1'),
    redisUrl: env.REDIS_URL,
    redisPrefix: env.REDIS_PREFIX,
    jwtSecrets: secrets.map((secret) => createSecretKey(Buffer.from(secret))),
    jwksUrl: env.JWKS_URL,
    jwtIssuer: env.JWT_ISSUER,
    jwtAudience: env.JWT_AUDIENCE,
    apiKeys: env.API_KEYS,
    storeKeys: env.STORE_KEY,
    corsOrigins: env.CORS_ORIGINS,
    trustProxy: env.TRUST_PROXY,
    logLevel: env.LOG_LEVEL ?? (production ? 'info' : 'warn'),
    production,
    drainSeconds: env.DRAIN_SECONDS,
    workers: env.WORKERS,
    limits: toLimitSettings(env),
    delivery: toDeliverySettings(env),
    yubikey: toYubikeySettings(env),
    mfa: toMfaSettings(env, production),
    dialects: env.DIALECTS ?? (production ? [] : DIALECTS),
    madeSecret,
  }
}

function whatIsWrong(redisUrl: string): string | undefined {
  try {
    parseRedisUrl(redisUrl)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}
