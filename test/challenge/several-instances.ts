import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Principal } from '../../server/auth/principal.ts'
import { revokeApprover } from '../../server/challenge/approver.ts'
import { create, decide, get, pollFor, update } from '../../server/challenge/capabilities.ts'
import type { Challenge } from '../../server/challenge/challenge.ts'
import type { ChallengeContext } from '../../server/challenge/context.ts'
import { demandApprover } from '../../server/challenge/demand-approver.ts'
import { type ChallengeWatch, watchChallenge } from '../../server/challenge/watch-challenge.ts'
import { HubError } from '../../server/errors.ts'
import type { CommitOptions, CommitResult, Document, Kind, News, Store, Watch } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { backend, contextOn } from './samples.ts'

/** The right number. Six digits no date has in it. */
const NUMBER = '098767'
const LIFE_SECONDS = 100
/** So long before the end is its brink. */
const BRINK_MS = 2
/** What may be told; anything else that is thrown fails the run. */
const TOLD = [
  'challenge_complete',
  'number_mismatch',
  'challenge_not_found',
  'invalid_token',
  'invalid_request',
  'busy',
]
const SHOP = backend()

/** One step of a run: who does it is one of the instances, and what comes of it is written down. */
interface Step {
  readonly name: string
  readonly instance: number
  /** Begun together with the next one, not before it. */
  readonly together: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(
    ...['scan', 'claim', 'cancel', 'pay', 'approve', 'approve', 'mistype', 'mistype', 'deny', 'intrude'],
    ...['read', 'poll', 'watch', 'later', 'brink', 'expire', 'revoke', 'revoked approve'],
  ),
  instance: fc.nat(1),
  together: fc.boolean(),
})

/** An approval, a change or a reading that was told to somebody. */
interface Seen {
  readonly version: number
  readonly status: string
  readonly complete: boolean
  readonly statusVersion: number
  /** Otherwise the same version must be the same in all of this. */
  readonly claims?: string | undefined
}

/** Random steps on two instances, one after the other and many at once, while their clock is moved; both read and watch. */
export function describeInstances(stores: () => readonly [Store, Store], runs: number): void {
  it('one end, the same for every reader and watcher, by the rules', async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 25 }),
      fc.boolean(),
      (steps, matching) => new Run(stores(), matching).play(steps),
    )
    await fc.assert(property, { numRuns: runs })
  })
}

class Run {
  readonly #instances: readonly (ChallengeContext & { faults: unknown[] })[]
  readonly #clock = { ahead: 0 }
  readonly #seen: Seen[] = []
  readonly #watchers: { readonly versions: number[]; readonly watch: ChallengeWatch }[] = []
  readonly #matching: boolean
  readonly #approver: string
  #id = ''
  #expiresAt = 0
  #wrong = 0
  #approvals: { readonly number: string | undefined; readonly at: number }[] = []

  constructor(stores: readonly [Store, Store], matching: boolean) {
    this.#instances = stores.map((store) => contextOn(new LaterStore(store, this.#clock), { digits: () => NUMBER }))
    this.#matching = matching
    this.#approver = `ada-${crypto.randomUUID()}`
  }

  async play(steps: readonly Step[]): Promise<void> {
    const made = await create(this.#at(0), SHOP, {
      approver: this.#approver,
      challengeTimeout: LIFE_SECONDS,
      ...(this.#matching && { numberMatching: 6 }),
    })
    this.#id = made.challenge
    this.#expiresAt = made.expiresDate
    await this.#watch(this.#at(1))
    let begun: Promise<void>[] = []
    for (const { name, instance, together } of steps) {
      begun.push(this.#take(name, this.#at(instance)))
      if (together) continue
      await Promise.all(begun)
      begun = []
    }
    await Promise.all(begun)
    await this.#judge()
    for (const { watch } of this.#watchers) watch.close()
  }

  #at(instance: number): ChallengeContext {
    return this.#instances[instance] as ChallengeContext
  }

  async #take(name: string, context: ChallengeContext): Promise<void> {
    try {
      await this.#act(name, context)
    } catch (error) {
      if (!(error instanceof HubError) || !TOLD.includes(error.code)) throw error
      if (error.code === 'number_mismatch') this.#wrong += 1
      const { record } = error.extras as { record?: never }
      if (record) this.#note(record)
    }
  }

  async #act(name: string, context: ChallengeContext): Promise<void> {
    const id = this.#id
    switch (name) {
      case 'scan':
        return this.#note(await update(context, id, { challengeStatus: 'scanned' }))
      case 'claim':
        return this.#note(
          await update(context, id, { claimsNameValuePairs: [{ name: 'n', value: crypto.randomUUID() }] }),
        )
      case 'cancel':
        return this.#note(await update(context, id, { challengeStatus: 'cancelled', isChallengeComplete: true }))
      case 'pay':
        return this.#note(await update(context, id, { isChallengeComplete: true }))
      case 'approve':
        return this.#decide(context, 'approve', NUMBER)
      case 'mistype':
        return this.#decide(context, 'approve', '111111')
      case 'deny':
        return this.#decide(context, 'deny')
      case 'intrude':
        return void (await decide(context, { user: 'eve' }, id, { decision: 'approve', number: NUMBER }).then(() => {
          throw new Error('a stranger was let decide')
        }))
      case 'read':
        return this.#note(await get(context, SHOP, id))
      case 'poll':
        return this.#note(await pollFor(context, SHOP, id, { pollRetries: 0 }, new AbortController().signal))
      case 'watch':
        return this.#watch(context)
      case 'later':
        this.#clock.ahead += (LIFE_SECONDS * 1_000) / 4
        return
      case 'brink':
        // What is begun now is decided in time by this clock, and may be too late when it is saved.
        this.#clock.ahead += Math.max(0, this.#expiresAt - context.store.now() - BRINK_MS)
        return
      case 'expire':
        this.#clock.ahead += Math.max(0, this.#expiresAt - context.store.now())
        return
      case 'revoke':
        return revokeApprover(context, this.#approver)
      default:
        return this.#decideRevoked(context)
    }
  }

  async #decide(context: ChallengeContext, decision: 'approve' | 'deny', number?: string): Promise<void> {
    const at = context.store.now()
    const body = { decision, ...(number !== undefined && { number }) }
    const by = { user: this.#approver, device: crypto.randomUUID() }
    this.#note(await decide(context, by, this.#id, body))
    if (decision === 'approve') this.#approvals.push({ number, at })
  }

  /** With a token of the first day, which no revocation lets through. */
  async #decideRevoked(context: ChallengeContext): Promise<void> {
    await revokeApprover(context, this.#approver)
    const principal: Principal = {
      caller: 'token:ada',
      sub: this.#approver,
      scopes: new Set(['challenges:approve']),
      issuedAt: 1,
    }
    const by = await demandApprover(context, principal)
    throw new Error(`a revoked token was let in as ${by.user}`)
  }

  async #watch(context: ChallengeContext): Promise<void> {
    const versions: number[] = []
    const hear = (news: News<Challenge>) => {
      if (news === 'gone') throw new Error('it vanished')
      versions.push(news.version)
      this.#noteChallenge(news)
    }
    const watch = await watchChallenge(context, this.#id, hear)
    if (watch.challenge) this.#noteChallenge(watch.challenge)
    this.#watchers.push({ versions, watch })
  }

  #note(view: { version: number; challengeStatus: string; isChallengeComplete: boolean; statusVersion: number }): void {
    this.#seen.push({
      version: view.version,
      status: view.challengeStatus,
      complete: view.isChallengeComplete,
      statusVersion: view.statusVersion,
      claims: 'claimsNameValuePairs' in view ? JSON.stringify(view.claimsNameValuePairs) : undefined,
    })
  }

  #noteChallenge({ version, status, complete, statusVersion, claims }: Challenge): void {
    this.#seen.push({ version, status, complete, statusVersion, claims: JSON.stringify(claims) })
  }

  async #judge(): Promise<void> {
    await this.#leaveTheBrink()
    const views = await Promise.all(this.#instances.map((context) => get(context, SHOP, this.#id)))
    const [last] = views
    if (!last) throw new Error('nothing to read')
    // Every reader reads the same.
    expect(views[1]).toEqual(last)
    this.#note(last)
    for (const { versions, watch } of this.#watchers) {
      // Every watcher ends where the readers are, and was never told the same twice, nor an older one after a newer.
      await reached(watch, last.version)
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
    }
    const byVersion = new Map<number, Seen>()
    for (const seen of [...this.#seen].sort((a, b) => a.version - b.version)) {
      const same = byVersion.get(seen.version)
      if (same)
        expect({ ...seen, claims: seen.claims ?? same.claims }).toEqual({ ...same, claims: same.claims ?? seen.claims })
      byVersion.set(seen.version, { ...seen, claims: seen.claims ?? same?.claims })
    }
    this.#judgePath([...byVersion.values()], last.version)
    expect(this.#instances.flatMap(({ faults }) => faults)).toEqual([])
  }

  /** At the very end one reader may come in time and the other too late, and both are right. */
  async #leaveTheBrink(): Promise<void> {
    const isNear = ({ store }: ChallengeContext) => {
      const left = this.#expiresAt - store.now()
      return left > 0 && left <= 2 * BRINK_MS
    }
    await eventually(() => !this.#instances.some(isNear), { every: 1 })
  }

  #judgePath(path: readonly Seen[], last: number): void {
    const ends = path.filter(({ complete }) => complete)
    // One end, and nothing after it.
    expect(ends.length).toBeLessThanOrEqual(1)
    if (ends[0]) expect(ends[0].version).toBe(last)
    for (const [at, { version, status, statusVersion }] of path.entries()) {
      expect(statusVersion).toBeLessThanOrEqual(version)
      const before = path[at - 1]
      if (!before) continue
      // The word has another version exactly when it is another word, as far as every step between was seen.
      expect(statusVersion).toBeGreaterThanOrEqual(before.statusVersion)
      if (before.version === version - 1)
        expect(statusVersion).toBe(status === before.status ? before.statusVersion : version)
      else if (status !== before.status) expect(statusVersion).toBeGreaterThan(before.version)
    }
    const end = ends[0]?.status
    if (this.#approvals.length > 0) {
      // Whoever was told "approved" was told the truth: in time, and with the right number.
      expect(this.#approvals).toHaveLength(1)
      expect(end).toBe('approved')
      expect(this.#approvals[0]?.at).toBeLessThan(this.#expiresAt)
      if (this.#matching) expect(this.#approvals[0]?.number).toBe(NUMBER)
    } else expect(end).not.toBe('approved')
    if (this.#matching) expect(this.#wrong).toBeLessThanOrEqual(3)
    else expect(this.#wrong).toBe(0)
    if (this.#wrong === 3) expect(end).toBe('denied')
  }
}

/** Resolves when a watch has come to this version. */
async function reached(watch: ChallengeWatch, version: number): Promise<void> {
  for (let tries = 0; watch.challenge?.version !== version; tries++) {
    if (tries > 500) throw new Error(`a watcher stands at ${watch.challenge?.version}, and not at ${version}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A store whose clock can be moved ahead, for the instances and for itself alike. */
class LaterStore implements Store {
  readonly #store: Store
  readonly #clock: { readonly ahead: number }

  constructor(store: Store, clock: { readonly ahead: number }) {
    this.#store = store
    this.#clock = clock
  }

  now(): number {
    return this.#store.now() + this.#clock.ahead
  }

  read<D extends Document>(kind: Kind<D>, id: string): Promise<D | undefined> {
    return this.#store.read(kind, id)
  }

  commit<D extends Document>(
    kind: Kind<D>,
    id: string,
    next: D,
    { before }: CommitOptions = {},
  ): Promise<CommitResult> {
    const inStoreTime = before === undefined ? {} : { before: before - this.#clock.ahead }
    return this.#store.commit(kind, id, next, inStoreTime)
  }

  watch<D extends Document>(kind: Kind<D>, id: string, listener: (news: News<D>) => void): Promise<Watch<D>> {
    return this.#store.watch(kind, id, listener)
  }
}
