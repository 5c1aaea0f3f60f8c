import { parseRedisUrl } from '../../redis-url.ts'
import type { Recall } from '../change.ts'
import { throwLater } from '../listeners.ts'
import {
  type CommitOptions,
  type CommitResult,
  type Document,
  type Kind,
  type News,
  type Store,
  StoreUnavailable,
  type Watch,
} from '../store.ts'
import { attempt, PATIENCE_MS } from './attempt.ts'
import { CommitIds } from './commit-ids.ts'
import type { WatchCounters } from './document-reader.ts'
import { KnownDocuments } from './known-documents.ts'
import { openLink } from './open-link.ts'
import { RecentCommits } from './recent-commits.ts'
import { Recovery } from './recovery.ts'
import type { RedisLink, RedisRefused } from './redis-link.ts'
import { Resealing } from './resealing.ts'
import { StartCheck } from './start-check.ts'
import { StoreClock } from './store-clock.ts'
import { type StoreLog, silentLog } from './store-log.ts'
import { Sweep } from './sweep.ts'
import { Topics } from './topics.ts'
import { Vault } from './vault.ts'
import { WatchTable } from './watch-table.ts'

export interface RedisStoreOptions {
  /** As `REDIS_URL`. */
  readonly url: string
  /** Where the subscriber's connection goes, when not to `url`. */
  readonly subscriberUrl?: string | undefined
  /** Every name of ours in Redis begins with it. */
  readonly prefix: string
  /** 32 bytes each; the first seals, all open. None: documents are readable by whoever can read Redis. */
  readonly storeKeys?: readonly Buffer[] | undefined
  /** Refuse a Redis that loses documents by design, instead of warning. */
  readonly strict?: boolean | undefined
  readonly log?: StoreLog | undefined
  readonly onListenerError?: ((error: unknown) => void) | undefined
}

/** Keeps documents in Redis: as many instances as you like share them. */
export class RedisStore implements Store {
  readonly counters: WatchCounters = { rolledBack: 0, rejectedMessages: 0, repaired: 0 }
  readonly #link: RedisLink
  readonly #vault: Vault
  readonly #clock = new StoreClock()
  readonly #commitIds = new CommitIds()
  readonly #recent = new RecentCommits()
  readonly #table: WatchTable
  readonly #known: KnownDocuments
  readonly #topics: Topics
  readonly #sweep: Sweep
  readonly #resealing: Resealing | undefined
  readonly #startCheck: StartCheck
  readonly #recovery: Recovery
  readonly #log: StoreLog
  /** Resolves when Redis has answered for the first time; rejects with `RedisRefused` when this Redis won't do. */
  readonly connected: Promise<void>
  #settleConnected: { resolve: () => void; reject: (error: Error) => void } | undefined
  #doubt = true
  #stopped = false

  private constructor(options: RedisStoreOptions) {
    this.#log = options.log ?? silentLog
    const onError = (error: unknown) => this.#log.warn({ err: error }, 'Redis trouble')
    this.#link = openLink({ ...options, deployment: parseRedisUrl(options.url), onError })
    this.#vault = new Vault(options.prefix, options.storeKeys ?? [])
    this.#topics = new Topics({ prefix: options.prefix, link: this.#link, vault: this.#vault })
    this.#table = new WatchTable({
      link: this.#link,
      vault: this.#vault,
      counters: this.counters,
      recent: this.#recent,
      now: () => this.now(),
      onRolledBack: (count) => this.#log.warn({ rolled_back: count }, 'a failover undid a change that had been told'),
      onListenerError: options.onListenerError ?? throwLater,
      onReadError: onError,
    })
    this.#known = new KnownDocuments(this.#table, this.#recent, this.#vault)
    this.#sweep = new Sweep(this.#table, (names) => this.#compare(names))
    if ((options.storeKeys?.length ?? 0) > 1) {
      const tell: StoreLog['info'] = (told, message) => this.#log.info(told, message)
      this.#resealing = new Resealing(this.#link.commands, this.#vault, tell, onError)
    }
    this.#startCheck = new StartCheck(this.#link.commands, options.strict ?? false, (warning) =>
      this.#log.warn({}, warning),
    )
    this.#recovery = new Recovery({
      link: this.#link,
      recover: (lost) => this.#recover(lost),
      done: () => this.#endDoubt(),
      refused: (error) => this.#refuse(error),
      onError: (error) => this.#log.warn({ err: error }, 'Redis is not usable yet'),
    })
    this.connected = new Promise((resolve, reject) => {
      this.#settleConnected = { resolve, reject }
    })
    // Told to whoever awaits it, and logged in any case.
    this.connected.catch(() => undefined)
  }

  /** Begins to connect, and returns at once: until Redis has answered, everything throws `StoreUnavailable`. */
  static open(options: RedisStoreOptions): RedisStore {
    const store = new RedisStore(options)
    store.#link.start({
      message: (channel, message) => store.#hear(channel, message),
      time: (redisTime) => store.#clock.sample(redisTime),
      doubt: (reason) => store.#beginDoubt(reason),
      fresh: (lost) => store.#recovery.begin(lost),
    })
    store.#sweep.start()
    return store
  }

  /** Opens and waits for Redis to answer. */
  static async connect(options: RedisStoreOptions): Promise<RedisStore> {
    const store = RedisStore.open(options)
    await store.connected
    return store
  }

  /** What instances say to each other beside documents. */
  get topics(): Topics {
    return this.#topics
  }

  now(): number {
    return this.#clock.now()
  }

  async read<D extends Document>(kind: Kind<D>, id: string): Promise<D | undefined> {
    const name = this.#vault.agreed ? this.#vault.name(kind, id) : await this.#awaitName(kind, id)
    const bytes = await attempt(() => this.#link.commands.read(name))
    return this.#known.open(kind, name, bytes)?.document as D | undefined
  }

  async commit<D extends Document>(
    kind: Kind<D>,
    id: string,
    next: D,
    options: CommitOptions = {},
  ): Promise<CommitResult> {
    const name = this.#vault.agreed ? this.#vault.name(kind, id) : await this.#awaitName(kind, id)
    const seen = { version: next.version, commitId: this.#commitIds.next(), document: next }
    // A frozen Redis carries out what lies in its sockets when it wakes: nothing must be saved after its caller was told
    // that the store is unavailable.
    const givenUpAt = this.now() + PATIENCE_MS
    const before = Math.min(options.before ?? givenUpAt, givenUpAt)
    const request = {
      name,
      version: next.version,
      commitId: seen.commitId,
      builtOn: this.#known.commitOf(name, next.version - 1),
      body: this.#vault.encode(kind, name, next, seen.commitId),
      purgeAt: next.purgeAt,
      before,
      announceBody: this.#vault.authentic,
    }
    const ask = () => attempt(() => this.#link.commands.commit(request))
    const { outcome, stored } = await this.#recent.during(seen, ask)
    if (outcome === 'late' && before === givenUpAt) throw new StoreUnavailable('Redis answered too late')
    if (outcome === 'committed') this.#table.committed(name, seen)
    else if (outcome === 'conflict') this.#table.overtaken(name, kind, stored)
    return outcome
  }

  /** Of a document that is watched here, or was committed here lately and by nobody else, unless news may be missed. */
  readonly recall: Recall = <D extends Document>(kind: Kind<D>, id: string) =>
    this.#doubt ? undefined : (this.#known.recall(this.#vault.name(kind, id))?.document as D | undefined)

  async watch<D extends Document>(kind: Kind<D>, id: string, listener: (news: News<D>) => void): Promise<Watch<D>> {
    if (!this.#vault.agreed) await this.#awaitName(kind, id)
    return this.#table.watch(kind, id, listener, this.#doubt)
  }

  /** How many documents are being watched. */
  watches(): number {
    return this.#table.size
  }

  /** `ready`: Redis takes commands; `doubt`: news may be missed at the moment. */
  health(): { ready: boolean; doubt: boolean } {
    return { ready: this.#link.connected, doubt: this.#doubt }
  }

  /** Seals everything with the newest key that is not; resolves with how many documents that were. */
  async sealAnew(): Promise<number> {
    return (await this.#resealing?.run()) ?? 0
  }

  async close(): Promise<void> {
    this.#stopped = true
    this.#recovery.stop()
    this.#sweep.stop()
    this.#resealing?.stop()
    this.#table.close()
    this.#link.stop()
  }

  #awaitName(kind: Kind<Document>, id: string): Promise<string> {
    return attempt(async () => this.#vault.name(kind, id))
  }

  #hear(channel: string, message: Buffer): void {
    if (!this.#topics.message(channel, message)) this.#table.message(channel, message)
  }

  #beginDoubt(reason: string): void {
    if (this.#stopped || this.#doubt) return
    this.#doubt = true
    this.#log.warn({ reason }, 'news from Redis may be missed')
  }

  async #recover(lost: readonly string[] | undefined): Promise<void> {
    await this.#startCheck.run()
    await this.#link.prepare()
    const renamed = await this.#vault.agreeOnNames(this.#link.commands)
    if (renamed) this.#table.rename()
    await this.#topics.recover()
    await this.#table.recover(renamed ? undefined : lost)
  }

  #endDoubt(): void {
    this.#doubt = false
    this.#resealing?.start()
    this.#settleConnected?.resolve()
    this.#log.info({ watches: this.#table.size }, 'connected to Redis')
  }

  #refuse(error: RedisRefused): void {
    this.#settleConnected?.reject(error)
    this.#log.error({ err: error }, 'this Redis cannot be used')
  }

  async #compare(names: readonly string[]): Promise<void> {
    if (!this.#link.connected) return
    try {
      await Promise.all(names.map((name) => this.#table.compare(name)))
    } catch (error) {
      this.#log.warn({ err: error }, 'the sweep could not read')
    }
  }
}
