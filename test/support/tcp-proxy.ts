import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { DelayLine } from './delay-line.ts'

/** `true` lets the chunk pass, `false` drops it, a buffer takes its place. `connection` counts from 1. */
export type Filter = (chunk: Buffer, connection: number) => boolean | Buffer

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
  /** Ends all connections. */
  cut(): void
  /** New connections are refused by the system, as if nobody listened; the open ones stay. */
  refuse(): Promise<void>
  accept(): Promise<void>
  /**
   * Half-open: what is sent vanishes, in both directions, ends included, and nobody is told. Switching it off helps new
   * connections only: a stream that has lost bytes is no stream any more, so those that were open stay dead until cut.
   */
  blackhole(on: boolean): void
  /** Judges all that comes from the server. Without an argument: everything passes. */
  filter(filter?: Filter): void
  /** Open at this moment. */
  readonly connections: number
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  readonly toServer: DelayLine
  readonly toClient: DelayLine
  isDead: boolean
}

/** A TCP proxy on 127.0.0.1 that can be as bad as a network. `target`: a port of 127.0.0.1, or a URL with one. */
export async function startProxy(target: number | string): Promise<TcpProxy> {
  const targetUrl = typeof target === 'string' ? new URL(target) : new URL(`tcp://127.0.0.1:${target}`)
  const links = new Set<Link>()
  let delays: Required<Delays> = { toServer: 0, toClient: 0 }
  let isBlackhole = false
  let filter: Filter = () => true
  let count = 0

  const open = (client: Socket) => {
    const connection = ++count
    const server = connect(Number(targetUrl.port), targetUrl.hostname)
    const toServer = new DelayLine(client, server, delays.toServer)
    const toClient = new DelayLine(server, client, delays.toClient)
    const link: Link = { client, server, toServer, toClient, isDead: isBlackhole }
    links.add(link)
    client.on('data', (chunk) => {
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

  const listen = async (port: number): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true }, open)
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

  const cut = () => {
    for (const { client, server } of links) {
      client.destroy()
      server.destroy()
    }
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
    blackhole: (on) => {
      isBlackhole = on
      if (on) for (const link of links) link.isDead = true
    },
    filter: (wanted = () => true) => {
      filter = wanted
    },
    get connections() {
      return links.size
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
