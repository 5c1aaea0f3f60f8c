import { createHmac, type KeyObject } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { LimitSettings } from './settings.ts'

/** What people are limited in, over all instances together. */
const LIMITS = ['decisionsPerUser', 'approverConnectionsPerUser', 'claimsPerAddress'] as const
export type UserLimit = (typeof LIMITS)[number]

const WINDOW_SECONDS = 60

export interface UserRatesOptions {
  readonly settings: LimitSettings
  /** Begins every key in Redis. */
  readonly prefix: string
  /** Names in keys are hashed with it; the same on every instance. */
  readonly key: KeyObject
  /** None: this instance is alone, and counts by itself. */
  readonly redis: Redis | Cluster | undefined
}

/**
 * How often a person does something within a minute, on whichever instance. Redis counts; while it is away or slow each
 * instance counts for itself, and nobody waits for it or is refused because of it.
 */
export class UserRates {
  readonly #limiters: ReadonlyMap<UserLimit, RateLimiterAbstract>
  readonly #key: KeyObject

  constructor({ settings, prefix, key, redis }: UserRatesOptions) {
    this.#key = key
    const limited = LIMITS.filter((limit) => settings[limit] > 0)
    this.#limiters = new Map(
      limited.map((limit): [UserLimit, RateLimiterAbstract] => {
        const options = { points: settings[limit], duration: WINDOW_SECONDS, keyPrefix: `${prefix}:limit:${limit}` }
        const own = new RateLimiterMemory(options)
        if (!redis) return [limit, own]
        const shared = { ...options, storeClient: redis, insuranceLimiter: own, rejectIfRedisNotReady: true }
        return [limit, new RateLimiterRedis(shared)]
      }),
    )
  }

  /** Counts one more. Seconds to wait when that is too many, else 0. */
  async take(limit: UserLimit, user: string): Promise<number> {
    try {
      await this.#limiters.get(limit)?.consume(this.#hash(user))
      return 0
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return Math.max(1, Math.ceil(refused.msBeforeNext / 1_000))
      throw refused
    }
  }

  /** Redis is told no names. */
  #hash(user: string): string {
    return createHmac('sha256', this.#key).update(`limit\0${user}`).digest('base64url').slice(0, 22)
  }
}
