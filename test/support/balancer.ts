import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Balancer {
  readonly url: string
  /** New connections go to this port first; only when it refuses do they go to the others. */
  prefer(port: number): void
  stop(): Promise<void>
}

export interface BalancerOptions {
  /** Each new connection goes to the next one. By default they all go to the first that accepts. */
  readonly inTurn?: boolean
}

/** A TCP load balancer as simple as they come: no sticky sessions, no retries, only a refused connection goes elsewhere. */
export async function startBalancer(
  ports: readonly number[],
  { inTurn = false }: BalancerOptions = {},
): Promise<Balancer> {
  const open = new Set<Socket>()
  let order = ports

  const server = createServer((client) => {
    track(client)
    dial(client, [...order])
    if (inTurn) order = [...order.slice(1), ...order.slice(0, 1)]
  })

  function dial(client: Socket, [port, ...others]: readonly number[]): void {
    if (port === undefined) return void client.destroy()
    const upstream = connect(port, '127.0.0.1')
    upstream.once('error', () => dial(client, others))
    upstream.once('connect', () => {
      upstream.removeAllListeners('error')
      // Nobody would end it any more.
      if (client.destroyed) return void upstream.destroy()
      track(upstream)
      client.pipe(upstream).pipe(client)
      // Whoever hangs up, or dies, takes the other side along.
      client.once('close', () => upstream.destroy())
      upstream.once('close', () => client.destroy())
    })
  }

  function track(socket: Socket): void {
    open.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => open.delete(socket))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    prefer(port) {
      order = [port, ...ports.filter((other) => other !== port)]
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
