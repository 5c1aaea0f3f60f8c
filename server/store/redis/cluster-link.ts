import { randomBytes } from 'node:crypto'
import calculateSlot from 'cluster-key-slot'
import type { Cluster, Redis } from 'ioredis'
import type { ClusterRedis } from '../../redis-url.ts'
import { clusterClient, nodeClient } from './connection.ts'
import { groupBy } from './group-by.ts'
import { keepConnected } from './keep-connected.ts'
import { NewsLine } from './news-line.ts'
import { countSubscribers, RedisCommands } from './redis-commands.ts'
import type { LinkEvents, RedisLink } from './redis-link.ts'
import { type Scripts, withScripts } from './scripts.ts'

export interface ClusterLinkOptions {
  readonly deployment: ClusterRedis
  readonly prefix: string
  readonly onError: (error: unknown) => void
}

/**
 * A Redis Cluster. Commands find their way by the client library; news comes over one connection per primary, on which
 * only the channels of its own slots are subscribed, so that a commit costs nobody anything who does not watch.
 */
export class ClusterLink implements RedisLink {
  readonly commands: RedisCommands
  readonly #options: ClusterLinkOptions
  readonly #cluster: Cluster & Scripts
  /** The connections that commands go over, by `host:port` of the primary, as all of these. */
  #servers: ReadonlyMap<string, Redis> = new Map()
  readonly #lines = new Map<string, NewsLine>()
  /** Which primary serves a slot, as `host:port`. */
  #owners: readonly (string | undefined)[] = []
  #events: LinkEvents | undefined
  #disconnect: () => void = () => undefined
  #stopped = false

  constructor(options: ClusterLinkOptions) {
    this.#options = options
    this.#cluster = withScripts(clusterClient(options.deployment))
    this.commands = new RedisCommands(this.#cluster, {
      servers: () => [...this.#servers.values()],
      serverOf: (name) => this.#servers.get(this.#ownerOf(name) ?? ''),
      onTime: (time) => this.#events?.time(time),
    })
  }

  start(events: LinkEvents): void {
    this.#events = events
    const { onError } = this.#options
    this.#cluster.on('node error', onError)
    this.#cluster.on('close', () => events.doubt('the connections to the cluster closed'))
    for (const change of ['+node', '-node']) this.#cluster.on(change, () => this.#noteServers())
    this.#cluster.on('refresh', () => this.#reshape())
    this.#cluster.on('ready', () => events.fresh())
    this.#disconnect = keepConnected(this.#cluster, onError)
  }

  async prepare(): Promise<void> {
    // One primary that is away must not keep the others from being proven.
    const ready = [...this.#lines.values()].filter((line) => line.isReady)
    await Promise.all(ready.map((line) => line.prepare()))
  }

  stop(): void {
    this.#stopped = true
    for (const line of this.#lines.values()) line.stop()
    this.#disconnect()
  }

  get connected(): boolean {
    return this.#cluster.status === 'ready'
  }

  get complete(): boolean {
    return this.connected && this.#lines.size > 0 && [...this.#lines.values()].every((line) => line.isReady)
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    const byOwner = groupBy(channels, (channel) => this.#ownerOf(channel) ?? '')
    await Promise.all([...byOwner].map(([owner, sharing]) => this.#lineTo(owner).subscriptions.add(sharing)))
  }

  unsubscribe(channel: string): void {
    this.#lines.get(this.#ownerOf(channel) ?? '')?.subscriptions.remove(channel)
  }

  async subscribers(channel: string): Promise<number> {
    const server = this.#servers.get(this.#ownerOf(channel) ?? '')
    if (!server) throw unserved()
    return countSubscribers(server, channel)
  }

  #ownerOf(channel: string): string | undefined {
    return this.#owners[calculateSlot(channel)]
  }

  #lineTo(owner: string): NewsLine {
    const line = this.#lines.get(owner)
    if (!line) throw unserved()
    return line
  }

  #noteServers(): void {
    const servers = this.#cluster.nodes('master')
    this.#servers = new Map(servers.map((server) => [`${server.options.host}:${server.options.port}`, server]))
  }

  /** The client library has asked again who serves what. */
  #reshape(): void {
    this.#noteServers()
    const owners = Array.from(this.#cluster.slots, (keys) => keys?.[0])
    if (this.#stopped || isSame(owners, this.#owners)) return
    this.#owners = owners
    const primaries = new Set(owners)
    const moved = [...this.#lines].flatMap(([key, line]) =>
      [...line.subscriptions.held].filter((channel) => this.#ownerOf(channel) !== key),
    )
    for (const [key, line] of this.#lines) {
      if (primaries.has(key)) continue
      line.stop()
      this.#lines.delete(key)
    }
    for (const key of primaries) if (key !== undefined && !this.#lines.has(key)) this.#open(key)
    this.#events?.doubt('the cluster has changed its shape')
    this.#events?.fresh(moved)
  }

  #open(key: string): void {
    const { deployment, onError } = this.#options
    const at = key.lastIndexOf(':')
    const line = new NewsLine({
      client: nodeClient(deployment, { host: key.slice(0, at), port: Number(key.slice(at + 1)) }),
      events: {
        message: (channel, message) => this.#events?.message(channel, message),
        doubt: (reason) => this.#events?.doubt(reason),
        ready: (lost) => this.#events?.fresh(lost),
        mute: () => this.#servers.get(key)?.disconnect(),
        moved: () => this.#cluster.refreshSlotsCache(),
        onError,
      },
      probeChannel: (present) =>
        present !== undefined && this.#ownerOf(present) === key ? present : this.#channelServedBy(key),
      sendProbe: (channel) => this.commands.probe(channel),
      group: calculateSlot,
    })
    this.#lines.set(key, line)
    line.start()
  }

  /** A name that lies in a slot of this primary. */
  #channelServedBy(key: string): string {
    if (!this.#owners.includes(key)) throw unserved()
    for (;;) {
      const channel = `${this.#options.prefix}:probe:${randomBytes(9).toString('base64url')}`
      if (this.#ownerOf(channel) === key) return channel
    }
  }
}

function unserved(): Error {
  return new Error('nobody serves this slot at the moment')
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at])
}
