import type { IncomingMessage } from 'node:http'
import type { HubError } from '../errors.ts'
import { type AddressOf, clientAddress } from './client-address.ts'
import { KeyRate } from './key-rate.ts'
import { OpenCounts } from './open-counts.ts'
import { type LimitLog, Refusals } from './refusals.ts'
import type { LimitName, LimitSettings } from './settings.ts'
import { SlidingRate } from './sliding-rate.ts'
import type { UserRates } from './user-rates.ts'

/** Gives back what was held; calling it again changes nothing. */
export type Release = () => void

export interface LimitsOptions {
  readonly settings: LimitSettings
  readonly trustProxy: readonly string[]
  readonly log: LimitLog
  readonly users: UserRates
}

/** What is held at once, and by whom it is counted. */
const HELD = [
  'connectionsPerToken',
  'connectionsPerUser',
  'subscriptionsPerToken',
  'pollsPerChallenge',
  'pollsPerToken',
  'pollsPerAddress',
] as const satisfies readonly LimitName[]
type Held = (typeof HELD)[number]

const TOO_MANY: Readonly<Record<Held, string>> = {
  connectionsPerToken: 'This token has too many connections.',
  connectionsPerUser: 'This person has too many connections.',
  subscriptionsPerToken: 'This token waits on too many challenges.',
  pollsPerChallenge: 'Too many polls wait for this challenge.',
  pollsPerToken: 'Too many polls wait with this token.',
  pollsPerAddress: 'Too many polls wait from this address.',
}

/**
 * Who may have how much. Counted here, on this instance, but for what a person does at the phone. Everything is thrown, or
 * returned where said so, as a `HubError` that says when to come back.
 */
export class Limits {
  readonly settings: LimitSettings
  readonly addressOf: AddressOf
  readonly refusals: Refusals
  readonly #users: UserRates
  readonly #requests: SlidingRate
  readonly #requestsPerAddress: KeyRate
  readonly #creations: KeyRate
  readonly #actions: KeyRate
  readonly #held: Readonly<Record<Held, OpenCounts>>

  constructor({ settings, trustProxy, log, users }: LimitsOptions) {
    this.settings = settings
    this.addressOf = clientAddress(trustProxy)
    this.refusals = new Refusals(log)
    this.#users = users
    this.#requests = new SlidingRate(settings.requestsPerSecond)
    this.#requestsPerAddress = new KeyRate(settings.requestsPerAddress)
    this.#creations = new KeyRate(settings.creationsPerBackend)
    this.#actions = new KeyRate(settings.actionsPerPage)
    this.#held = Object.fromEntries(HELD.map((limit) => [limit, new OpenCounts(settings[limit])])) as Record<
      Held,
      OpenCounts
    >
  }

  /** What a request must be told that is one too many; undefined: it may go on. */
  request(request: IncomingMessage): HubError | undefined {
    if (!this.#requestsPerAddress.take(this.addressOf(request))) {
      return this.refusals.tooMany('requestsPerAddress', 'Too many requests from this address.', 1)
    }
    if (this.#requests.take() !== undefined) return undefined
    return this.refusals.overloaded('requestsPerSecond', 'This instance has too much to do.', soon(1, 3))
  }

  /** @param who as `quotaKey` says it */
  creation(who: string): void {
    if (this.#creations.take(who)) return
    throw this.refusals.tooMany('creationsPerBackend', 'Too many challenges a second.', 1)
  }

  /** Somebody without a token does something about a challenge. */
  action(challenge: string): void {
    if (this.#actions.take(challenge)) return
    throw this.refusals.tooMany('actionsPerPage', 'Too much at once is done here.', 1)
  }

  poll(who: string, challenge: string, address: string): Release {
    const held: Release[] = []
    const release = () => {
      for (const each of held.splice(0)) each()
    }
    try {
      held.push(this.#hold('pollsPerChallenge', challenge))
      held.push(this.#hold('pollsPerToken', who))
      held.push(this.#hold('pollsPerAddress', address))
    } catch (error) {
      release()
      throw error
    }
    return release
  }

  connection(who: string): Release {
    return this.#hold('connectionsPerToken', who)
  }

  subscription(who: string): Release {
    return this.#hold('subscriptionsPerToken', who)
  }

  /** An approver connects: over all instances not too often, and on this one not too many at once. */
  async approverConnection(user: string): Promise<Release> {
    const wait = await this.#users.take('approverConnectionsPerUser', user)
    if (wait === 0) return this.#hold('connectionsPerUser', user)
    throw this.refusals.tooMany('approverConnectionsPerUser', 'This person connects too often.', wait)
  }

  /** A person approves or denies, on whichever instance. */
  async decision(user: string): Promise<void> {
    const wait = await this.#users.take('decisionsPerUser', user)
    if (wait > 0) throw this.refusals.tooMany('decisionsPerUser', 'This person decides too often.', wait)
  }

  /** Somebody without a token shows a code, or proves that they hold a key. */
  async claim(address: string): Promise<void> {
    const wait = await this.#users.take('claimsPerAddress', address)
    if (wait > 0) throw this.refusals.tooMany('claimsPerAddress', 'Too many codes and proofs from this address.', wait)
  }

  #hold(limit: Held, key: string): Release {
    const counts = this.#held[limit]
    if (!counts.take(key)) throw this.refusals.tooMany(limit, TOO_MANY[limit], soon(2, 6))
    let isHeld = true
    return () => {
      if (isHeld) counts.release(key)
      isHeld = false
    }
  }
}

/** Not everyone who is sent away should come back at the same moment. Whole seconds, because HTTP knows no others. */
function soon(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1))
}
