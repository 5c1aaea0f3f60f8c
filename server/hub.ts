import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Router } from 'express'
import type { Logger } from 'pino'
import { ApiKeys } from './auth/api-keys.ts'
import { Authenticator } from './auth/authenticate.ts'
import { issueToken, type TokenClaims } from './auth/issue-token.ts'
import { jwksKeys } from './auth/jwks.ts'
import { createContext } from './challenge/context.ts'
import type { Config } from './config.ts'
import { Connections } from './gateway/connections.ts'
import { Gateway } from './gateway/gateway.ts'
import { createApp } from './http/app.ts'
import { approverEndpoints } from './http/approver-endpoints.ts'
import { challengeEndpoints } from './http/challenge-endpoints.ts'
import { gateLinks } from './http/gate-links.ts'
import { operationsEndpoints } from './http/operations-endpoints.ts'
import { Limits } from './limits/limits.ts'
import { UserRates } from './limits/user-rates.ts'
import { MemoryStore } from './store/memory/memory-store.ts'
import { type CountingClient, openCountingClient } from './store/redis/counting-client.ts'
import { RedisStore } from './store/redis/redis-store.ts'

/** Longer than load balancers keep idle connections, so that it is never the hub that closes one in use. Milliseconds. */
const KEEP_ALIVE_MS = 75_000

/** One instance of Assent: every part, put together. */
export class Hub {
  readonly #config: Config
  readonly #log: Logger
  readonly #store: MemoryStore | RedisStore
  readonly #authenticator: Authenticator
  readonly #gateway: Gateway
  readonly #server: HttpServer
  #counting: CountingClient | undefined
  #draining = false

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
      signingKey: this.#authenticator.signingKey,
      onError,
      recall: store instanceof RedisStore ? store.recall : undefined,
    })
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS })
    const { corsOrigins, trustProxy } = config
    gateLinks(this.#server, config.limits, trustProxy)
    const limits = this.#openLimits()
    const connections = new Connections(limits)
    const draining = () => this.#draining
    this.#gateway = new Gateway({
      httpServer: this.#server,
      context,
      admission: { authenticator: this.#authenticator, corsOrigins, draining, limits, connections, onError },
      topics: store instanceof RedisStore ? store.topics : undefined,
      watches: () => store.watches(),
    })
    const app = createApp({
      authenticator: this.#authenticator,
      endpoints: [
        ...challengeEndpoints(context, limits),
        ...approverEndpoints(context, this.#gateway, limits),
        ...operationsEndpoints(
          () => this.#gateway.countEverywhere(),
          () => ({ connections: connections.figures, refused: limits.refusals.counts }),
        ),
      ],
      addressOf: limits.addressOf,
      refuse: (request) => limits.request(request),
      corsOrigins,
      trustProxy,
      unready: () => this.#unready(),
      onError,
      pages: pages(this),
    })
    this.#server.on('request', app)
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
    if (this.#store instanceof RedisStore) await this.#store.connected
  }

  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo
    const isAny = address === '::' || address === '0.0.0.0'
    const host = isAny ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
    return `http://${host}:${port}`
  }

  /** A token of the hub's own. @param lifeSeconds how long it is good for */
  issueToken(claims: TokenClaims, lifeSeconds: number): string {
    const now = this.#store.now()
    return issueToken(this.#authenticator.signingKey, claims, now, now + lifeSeconds * 1_000)
  }

  /** Asks everyone to go elsewhere, waits for it, and ends. */
  async stop(drainSeconds = this.#config.drainSeconds): Promise<void> {
    if (this.#draining) return
    this.#draining = true
    this.#log.info({ drainSeconds }, 'draining')
    this.#gateway.sendAway(drainSeconds * 1_000)
    await pause(drainSeconds * 1_000)
    this.#gateway.dropAll()
    const closed = this.#gateway.close()
    // Whoever still waits for an answer would keep the server from closing.
    this.#server.closeAllConnections()
    await closed
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
    if (this.#draining) return 'draining'
    if (!(this.#store instanceof RedisStore)) return undefined
    const { ready, doubt } = this.#store.health()
    if (!ready) return 'Redis does not answer'
    return doubt ? 'news from Redis may be missed' : undefined
  }
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
