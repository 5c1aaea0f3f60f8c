import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Router } from 'express'
import type { Logger } from 'pino'
import { atMost } from './at-most.ts'
import { ApiKeys } from './auth/api-keys.ts'
import { Authenticator } from './auth/authenticate.ts'
import { issueToken, type TokenClaims } from './auth/issue-token.ts'
import { jwksKeys } from './auth/jwks.ts'
import { createContext } from './challenge/context.ts'
import type { Departure } from './challenge/departure.ts'
import type { Config } from './config.ts'
import { openCarriers } from './delivery/carriers.ts'
import { openPushCarrier } from './delivery/push/open-push-carrier.ts'
import { openDialects } from './dialects/dialects.ts'
import { Connections } from './gateway/connections.ts'
import { Gateway } from './gateway/gateway.ts'
import { createApp } from './http/app.ts'
import { approverEndpoints } from './http/approver-endpoints.ts'
import { challengeEndpoints } from './http/challenge-endpoints.ts'
import { gateLinks } from './http/gate-links.ts'
import { mfaCalls } from './http/mfa/mfa-calls.ts'
import { operationsEndpoints } from './http/operations-endpoints.ts'
import { serveHttp } from './http/serve-http.ts'
import { Traffic } from './http/traffic.ts'
import { Limits } from './limits/limits.ts'
import { UserRates } from './limits/user-rates.ts'
import { answerRule } from './mfa/authentication/answer-rule.ts'
import { endIfReplaced } from './mfa/authentication/only-one.ts'
import { createMfaContext } from './mfa/create-context.ts'
import { wakePhones, withdrawFromPhone } from './mfa/pairing/wake-phones.ts'
import { MemoryStore } from './store/memory/memory-store.ts'
import { type CountingClient, openCountingClient } from './store/redis/counting-client.ts'
import { RedisStore } from './store/redis/redis-store.ts'
import { validationServer } from './yubikey/validation-server.ts'

/** Longer than load balancers keep idle connections, so that it is never the hub that closes one in use. Milliseconds. */
const KEEP_ALIVE_MS = 75_000
/** At the end of the window, what is being answered may take this much longer: more than the store's patience. Milliseconds. */
const LAST_ANSWERS_MS = 3_000
/** Then every connection is closed, and whoever does not hear it is waited for no longer than this. Milliseconds. */
const GOODBYE_MS = 1_000

/** A request, which has at most 64 KiB, must have come in whole within this. Milliseconds. */
const REQUEST_WITHIN_MS = 30_000

/** One instance of Assent: every part, put together. */
export class Hub {
  readonly #config: Config
  readonly #log: Logger
  readonly #store: MemoryStore | RedisStore
  readonly #authenticator: Authenticator
  readonly #gateway: Gateway
  readonly #server: HttpServer
  #counting: CountingClient | undefined
  readonly #traffic: Traffic
  readonly #departure: Departure
  #stopped: Promise<void> | undefined

  /** @param pages further pages to serve, by path */
  constructor(config: Config, log: Logger, pages: (hub: Hub) => Readonly<Record<string, Router>> = () => ({})) {
    this.#config = config
    this.#log = log
    const onError = (error: unknown) => log.error({ err: error }, 'trouble')
    const store = openStore(config, log, onError)
    this.#store = store
    this.#authenticator = createAuthenticator(config, () => store.now())
    const context = createContext({
      store,
      issueToken: this.#authenticator.issue,
      onError,
      limits: config.limits,
      engine: answerRule,
      beforeApproval: (id) => endIfReplaced(mfa, id),
      onAsked: (challenge) => void wakePhones(mfa, challenge).catch(onError),
      onWithdrawn: (challenge) => void withdrawFromPhone(mfa, challenge).catch(onError),
      recall: store instanceof RedisStore ? store.recall : undefined,
    })
    this.#departure = context.departure
    const push = openPushCarrier(config.delivery, {
      secret: this.#authenticator.signingKey,
      isPublicOnly: config.production,
      now: () => store.now(),
    })
    const mfa = createMfaContext(context, {
      ...config.mfa,
      push,
      carriers: openCarriers(config.delivery, config.production ? undefined : printMessage),
      origins: () => config.mfa.webauthnOrigins ?? (config.production ? [] : this.#localOrigins()),
      yubikeys: config.yubikey && validationServer(config.yubikey),
      secrets: config.jwtSecrets,
      onEnvironmentMade: (environment) => log.info({ environment }, 'made ENVIRONMENT_ID'),
    })
    // A missing Host is refused like everything else, with a reason.
    this.#server = createServer({
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      requireHostHeader: false,
    })
    const { corsOrigins, trustProxy } = config
    gateLinks(this.#server, config.limits, trustProxy)
    const limits = this.#openLimits()
    const connections = new Connections(limits, corsOrigins)
    const isDraining = () => this.#departure.begun
    this.#gateway = new Gateway({
      httpServer: this.#server,
      context,
      admission: { authenticator: this.#authenticator, isDraining, limits, connections, onError },
      topics: store instanceof RedisStore ? store.topics : undefined,
      watches: () => store.watches(),
    })
    const app = createApp({
      authenticator: this.#authenticator,
      endpoints: [
        ...challengeEndpoints(context, limits),
        ...approverEndpoints(context, this.#gateway, limits, push.publicKey),
        ...operationsEndpoints(
          () => this.#gateway.countEverywhere(),
          () => ({ connections: connections.figures, refused: limits.refusals.counts }),
          () => ({ ...store.counters, ...store.health() }),
        ),
        ...mfaCalls(mfa, limits),
      ],
      dialects: openDialects(config.dialects, { mfa, limits, secrets: config.jwtSecrets }),
      addressOf: limits.addressOf,
      refuse: (request) => limits.request(request),
      corsOrigins,
      trustProxy,
      unready: () => this.#unready(),
      onError,
      pages: pages(this),
    })
    serveHttp(this.#server, app)
    this.#traffic = new Traffic(this.#server)
  }

  /** Listens, and resolves with the address. A Redis that is away delays readiness, not the start. */
  async start(): Promise<string> {
    const { port, host } = this.#config
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, resolve)
    })
    return this.url
  }

  /** Resolves when the store has been reached; rejects when it never can be, such as a Redis too old. */
  async connected(): Promise<void> {
    await this.#store.connected
  }

  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo
    const isAny = address === '::' || address === '0.0.0.0'
    const host = isAny ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
    return `http://${host}:${port}`
  }

  /** Where its demo is, on the machine it runs on. */
  #localOrigins(): string[] {
    const { port } = this.#server.address() as AddressInfo
    return ['localhost', '127.0.0.1'].map((host) => `http://${host}:${port}`)
  }

  /** A token of the hub's own. @param lifeSeconds how long it is good for */
  issueToken(claims: TokenClaims, lifeSeconds: number): string {
    const now = this.#store.now()
    return issueToken(this.#authenticator.signingKey, claims, now, now + lifeSeconds * 1_000)
  }

  /**
   * Asks everyone to go elsewhere, serves whoever is still here until the window is over, and ends: at most 4 s after it,
   * whatever Redis and the clients do. A second call waits for the same end.
   */
  stop(drainSeconds = this.#config.drainSeconds): Promise<void> {
    this.#stopped ??= this.#leave(drainSeconds * 1_000)
    return this.#stopped
  }

  async #leave(windowMs: number): Promise<void> {
    this.#log.info({ drainSeconds: windowMs / 1_000 }, 'draining')
    this.#departure.begin(windowMs)
    this.#traffic.closeBehindAnswers()
    this.#gateway.sendAway()
    // The port stays open meanwhile: a load balancer needs time to notice.
    await pause(windowMs)
    this.#server.close()
    await atMost(LAST_ANSWERS_MS, Promise.all([this.#traffic.answered(), this.#gateway.dropAll()]))
    await atMost(GOODBYE_MS, this.#gateway.close())
    this.#traffic.destroy()
    await this.#store.close()
    this.#counting?.stop()
    this.#log.info('stopped')
  }

  #openLimits(): Limits {
    const { limits: settings, redisUrl, redisPrefix: prefix, trustProxy } = this.#config
    const log = this.#log
    if (redisUrl !== undefined) {
      this.#counting = openCountingClient(redisUrl, (error) => log.debug({ err: error }, 'limits are counted locally'))
    }
    const key = this.#authenticator.signingKey
    return new Limits({
      settings,
      trustProxy,
      log,
      users: new UserRates({ settings, prefix, key, redis: this.#counting?.client }),
    })
  }

  #unready(): string | undefined {
    if (this.#departure.begun) return 'draining'
    const { ready, doubt } = this.#store.health()
    if (!ready) return 'Redis does not answer'
    return doubt ? 'news from Redis may be missed' : undefined
  }
}

/** Outside production, what nobody is configured to deliver is read by whoever started the hub. */
function printMessage(line: string): void {
  process.stdout.write(`  ✉ ${line}\n`)
}

function openStore(config: Config, log: Logger, onListenerError: (error: unknown) => void): MemoryStore | RedisStore {
  if (config.redisUrl === undefined) return new MemoryStore({ onListenerError })
  return RedisStore.open({
    url: config.redisUrl,
    prefix: config.redisPrefix,
    storeKeys: config.storeKeys,
    strict: config.production,
    log,
    onListenerError,
  })
}

function createAuthenticator(config: Config, now: () => number): Authenticator {
  const rules = {
    secrets: config.jwtSecrets,
    findKey: config.jwksUrl === undefined ? undefined : jwksKeys(config.jwksUrl),
    issuer: config.jwtIssuer,
    audience: config.jwtAudience,
  }
  return new Authenticator(rules, new ApiKeys(config.apiKeys), now)
}
