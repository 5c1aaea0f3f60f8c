import { setMaxListeners } from 'node:events'
import { z } from 'zod'
import { demandScope, type Principal, quotaKey } from '../auth/principal.ts'
import { create, get, pollFor, update } from '../challenge/capabilities.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { challengeId, parse } from '../challenge/parse.ts'
import { CallerGone, HubError } from '../errors.ts'
import type { Limits } from '../limits/limits.ts'
import { NAMESPACES } from '../protocol/events.ts'
import type { Admission, Keep } from './admission.ts'
import { atExpiry } from './at-expiry.ts'
import type { Link } from './link.ts'
import type { LinkService } from './link-namespace.ts'
import { type Handle, type LinkHouse, LinkSocket } from './link-socket.ts'

/** So many polls may wait over one socket. */
const POLLS_PER_SOCKET = 1_000

const handshake = z.object({ token: z.unknown().optional() })

/** `/publishing`: seed 000's four capabilities for a backend that keeps a socket open. */
export class Publishing implements LinkService<Principal> {
  readonly name = NAMESPACES.publishing
  readonly seat = 'publisher'
  readonly #context: ChallengeContext
  readonly #admission: Admission

  constructor(context: ChallengeContext, admission: Admission) {
    this.#context = context
    this.#admission = admission
  }

  async admit(auth: unknown, keep: Keep): Promise<Principal> {
    const { authenticator, limits } = this.#admission
    const principal = await authenticator.token(parse(handshake, auth).token)
    demandScope(principal, 'challenges:write')
    keep(limits.connection(quotaKey(principal)))
    return principal
  }

  release(): void {
    // Nothing was prepared.
  }

  open(link: Link, house: LinkHouse): PublishingSocket {
    return new PublishingSocket(link, house, this.#context, this.#admission.limits)
  }
}

const getMessage = z.strictObject({ challenge: challengeId })
const withChallenge = z.looseObject({ challenge: challengeId })

type Serve = (principal: Principal, body: unknown) => Promise<object>

class PublishingSocket extends LinkSocket<Principal> {
  readonly #context: ChallengeContext
  readonly #limits: Limits
  readonly #hungUp = new AbortController()
  readonly #capabilities: Readonly<Record<string, Serve>>
  #principal: Principal | undefined
  #stopExpiry: (() => void) | undefined
  #polls = 0

  constructor(link: Link, house: LinkHouse, context: ChallengeContext, limits: Limits) {
    super(link, house)
    this.#context = context
    this.#limits = limits
    // Every poll over this socket listens to it.
    setMaxListeners(0, this.#hungUp.signal)
    this.#capabilities = Object.assign(Object.create(null), {
      create: async (principal: Principal, body: unknown) => {
        limits.creation(quotaKey(principal))
        const { waitToken, ...challenge } = await create(context, principal, body ?? {})
        return { challenge, waitToken }
      },
      update: async (_principal: Principal, body: unknown) => {
        const { challenge, rest } = splitChallenge(body)
        return { challenge: await update(context, challenge, rest) }
      },
      get: async (principal: Principal, body: unknown) => {
        const { challenge } = parse(getMessage, body)
        return { challenge: await get(context, principal, challenge) }
      },
      poll: async (principal: Principal, body: unknown) => {
        const { challenge, rest } = splitChallenge(body)
        return { challenge: await this.#poll(principal, challenge, rest) }
      },
    } satisfies Record<string, Serve>)
  }

  handlerOf(event: string): Handle | undefined {
    const principal = this.#principal
    const serve = this.#capabilities[event]
    return principal && serve ? (body) => serve(principal, body) : undefined
  }

  protected begin(principal: Principal): void {
    if (!this.isHere) return
    this.#principal = principal
    // A backend says more than pages and people do.
    this.link.isBackend = true
    this.#stopExpiry = atExpiry(this.#context, principal, () => this.disconnect())
  }

  protected left(): void {
    this.#stopExpiry?.()
    this.link.isBackend = false
    this.#hungUp.abort(new CallerGone())
  }

  async #poll(principal: Principal, challenge: string, query: object): Promise<object> {
    if (this.#polls >= POLLS_PER_SOCKET) throw tooManyPolls()
    const release = this.#limits.poll(quotaKey(principal), challenge, this.link.address)
    this.#polls += 1
    try {
      return await pollFor(this.#context, principal, challenge, query, this.#hungUp.signal)
    } finally {
      this.#polls -= 1
      release()
    }
  }
}

/** Which challenge is meant, and the body as HTTP would have it. */
function splitChallenge(body: unknown): { challenge: string; rest: object } {
  const { challenge, ...rest } = parse(withChallenge, body)
  return { challenge, rest }
}

function tooManyPolls(): HubError {
  return new HubError('too_many_requests', `One socket polls for at most ${POLLS_PER_SOCKET} challenges at a time.`, {
    retryAfter: 1,
  })
}
