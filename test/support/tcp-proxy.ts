import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { DelayLine } from './delay-line.ts'

/** `true` lets the chunk pass, `false` drops it, a buffer takes its place. `connection` counts from 1. */
export type Filter = (chunk: Buffer, connection: number) => boolean | Buffer

/** Tells what kind of connection it is by what the client sends; undefined while that does not show. */
export type KindOf = (chunk: Buffer) => string | undefined

export interface ProxyOptions {
  readonly kindOf?: KindOf | undefined
}

export interface Delays {
  readonly toServer?: number
  readonly toClient?: number
}

export interface TcpProxy {
  readonly port: number
  /** The target's URL with our port in it, when the target was given as a URL. */
  readonly url: string
  /** Holds every chunk back so long, in order; a number means both directions. Milliseconds. */
  delay(ms: number | Delays): void
  /** Ends all connections, or those of one kind. Answers how many. */
  cut(kind?: string): number
  /** New connections are refused by the system, as if nobody listened; the open ones stay. */
  refuse(): Promise<void>
  accept(): Promise<void>
  /**
   * Half-open: what is sent vanishes, in both directions, ends included, and nobody is told. Switching it off helps new
   * connections only: a stream that has lost bytes is no stream any more, so those that were open stay dead until cut.
   * With a kind, only connections of that kind are struck, new ones as soon as they show that they are. Answers how many.
   */
  blackhole(on: boolean, kind?: string): number
  /** Judges all that comes from the server. Without an argument: everything passes. */
  filter(filter?: Filter): void
  /** Open at this moment. */
  readonly connections: number
  /** Open at this moment, of one kind. */
  open(kind: string): number
  /** How many have been opened until now, of one kind. */
  opened(kind: string): number
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  readonly toServer: DelayLine
  readonly toClient: DelayLine
  kind: string | undefined
  isDead: boolean
}

/** A TCP proxy on 127.0.0.1 that can be as bad as a network. `target`: a port of 127.0.0.1, or a URL with one. */
export async function startProxy(
  target: number | string,
  { kindOf = () => undefined }: ProxyOptions = {},
): Promise<TcpProxy> {
  const targetUrl = typeof target === 'string' ? new URL(target) : new URL(`tcp://127.0.0.1:${target}`)
  const links = new Set<Link>()
  let delays: Required<Delays> = { toServer: 0, toClient: 0 }
  const opened = new Map<string, number>()
  let isBlackhole = false
  /** The kind that is struck; undefined: every kind. */
  let struck: string | undefined
  let filter: Filter = () => true
  let count = 0

  const accept = (client: Socket) => {
    const connection = ++count
    const server = connect(Number(targetUrl.port), targetUrl.hostname)
    const toServer = new DelayLine(client, server, delays.toServer)
    const toClient = new DelayLine(server, client, delays.toClient)
    const link: Link = { client, server, toServer, toClient, kind: undefined, isDead: isBlackhole && !struck }
    links.add(link)
    client.on('data', (chunk) => {
      link.kind ??= learnKind(link, chunk)
      if (!link.isDead) toServer.send(chunk)
    })
    server.on('data', (chunk) => {
      const verdict = link.isDead ? false : filter(chunk, connection)
      if (verdict !== false) toClient.send(verdict === true ? chunk : verdict)
    })
    const close = () => {
      links.delete(link)
      toServer.stop()
      toClient.stop()
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      // 'close' follows every error, and closes the other side.
      socket.on('error', () => undefined)
      socket.on('close', close)
    }
    // What was said before the end still arrives, after its delay. On a dead link not even the end does.
    client.on('end', () => {
      if (!link.isDead) toServer.end()
    })
    server.on('end', () => {
      if (!link.isDead) toClient.end()
    })
  }

  const learnKind = (link: Link, chunk: Buffer): string | undefined => {
    const kind = kindOf(chunk)
    if (kind === undefined) return undefined
    opened.set(kind, (opened.get(kind) ?? 0) + 1)
    if (isBlackhole && struck === kind) link.isDead = true
    return kind
  }

  const listen = async (port: number): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true }, accept)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    return server
  }

  let listener: Server | undefined = await listen(0)
  const { port } = listener.address() as AddressInfo
  const url = new URL(targetUrl)
  url.port = String(port)

  const ofKind = (kind: string | undefined) => [...links].filter((link) => kind === undefined || link.kind === kind)
  const cut = (kind?: string) => {
    const found = ofKind(kind)
    for (const { client, server } of found) {
      client.destroy()
      server.destroy()
    }
    return found.length
  }
  const refuse = async () => {
    // close() stops listening at once; it only reports back when the last connection has ended, which is not awaited.
    listener?.close()
    listener = undefined
  }
  const stop = async () => {
    await refuse()
    cut()
  }

  return {
    port,
    url: url.href.replace(/\/$/, ''),
    delay: (ms) => {
      delays = typeof ms === 'number' ? { toServer: ms, toClient: ms } : { toServer: 0, toClient: 0, ...ms }
      for (const link of links) {
        link.toServer.delay = delays.toServer
        link.toClient.delay = delays.toClient
      }
    },
    cut,
    refuse,
    accept: async () => {
      listener ??= await listen(port)
    },
    blackhole: (on, kind) => {
      isBlackhole = on
      struck = kind
      const found = on ? ofKind(kind) : []
      for (const link of found) link.isDead = true
      return found.length
    },
    filter: (wanted = () => true) => {
      filter = wanted
    },
    get connections() {
      return links.size
    },
    open: (kind) => ofKind(kind).length,
    opened: (kind) => opened.get(kind) ?? 0,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
