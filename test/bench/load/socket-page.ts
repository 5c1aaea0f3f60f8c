import { WebSocket } from 'ws'
import { FIRST_STATUS_LIMIT_MS, type Page, type Status } from './page.ts'

export interface SocketDoor {
  port: number
  /** The Socket.IO namespace, `/` for the default one. */
  namespace: string
  auth: Record<string, string>
}

/**
 * A page on a raw WebSocket: Engine.IO 4 and Socket.IO 5 frames by hand, because a generator made of real Socket.IO
 * clients would be busier than the server it measures.
 */
export function connectSocketPage({ port, namespace, auth }: SocketDoor): Promise<Page> {
  const address = namespace === '/' ? '' : `${namespace},`
  const hello = `40${address}${JSON.stringify(auth)}`
  const event = `42${address}`
  const refusal = `44${address}`

  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
    })
    const page: Page = { onStatus: ignore, close: () => socket.close() }
    let waiting = false

    const fail = (error: Error) => {
      clearTimeout(limit)
      socket.terminate()
      reject(error)
    }
    const limit = setTimeout(() => fail(new Error('no first status')), FIRST_STATUS_LIMIT_MS)

    const hear = (status: Status) => {
      if (waiting) {
        page.onStatus(status)
        return
      }
      waiting = true
      clearTimeout(limit)
      resolve(page)
    }

    socket.on('message', (raw: Buffer) => {
      const frame = raw.toString('latin1')
      if (frame.startsWith(event)) {
        const [name, body] = JSON.parse(frame.slice(event.length)) as [string, Status]
        if (name === 'status') hear(body)
      } else if (frame === '2') socket.send('3')
      else if (frame.startsWith('0')) socket.send(hello)
      else if (frame.startsWith(refusal)) fail(new Error(`refused: ${frame.slice(refusal.length)}`))
    })
    socket.once('error', fail)
    socket.once('close', () => {
      if (!waiting) fail(new Error('closed before its first status'))
    })
  })
}

function ignore(): void {
  // Nobody listens yet.
}
