import { connectLinkPage } from './link-page.ts'
import type { Page, Status } from './page.ts'

export interface SocketIoDoor {
  port: number
  /** The Socket.IO namespace, `/` for the default one. */
  namespace: string
  auth: Record<string, string>
}

/**
 * A page on Engine.IO 4 and Socket.IO 5 frames by hand, because a generator made of real Socket.IO clients would be busier
 * than the server it measures.
 */
export function connectSocketIoPage({ port, namespace, auth }: SocketIoDoor): Promise<Page> {
  const address = namespace === '/' ? '' : `${namespace},`
  const event = `42${address}`
  const refusal = `44${address}`
  return connectLinkPage(port, {
    hear: (text, link) => {
      if (text.startsWith(event)) {
        const [name, body] = JSON.parse(text.slice(event.length)) as [string, Status]
        return name === 'status' ? body : undefined
      }
      if (text === '2') link.say('3')
      else if (text.startsWith('0')) link.say(`40${address}${JSON.stringify(auth)}`)
      else if (text.startsWith(refusal)) return new Error(`refused: ${text.slice(refusal.length)}`)
      return undefined
    },
  })
}
