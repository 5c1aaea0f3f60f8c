import { createServer } from 'node:net'

/**
 * Below the ports the system gives to those who connect: a server that is killed must find its own free when it comes back,
 * however many connect meanwhile. A Redis of a cluster takes the one 10,000 above, too, which is given to nobody here.
 */
const FIRST = 11_000
const COUNT = 10_000

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
