import { RawLink } from '../../herd/raw-link.ts'
import type { Status } from './page.ts'

/** A backend that keeps a Socket.IO connection open, with acknowledgements. */
export interface Publisher {
  emit<Reply extends { ok: boolean }>(event: string, body: unknown): Promise<Reply>
  close(): void
}

export interface PublisherDoor {
  port: number
  namespace: string
  token: string
}

const REFUSED = new Error('the connection is over')

/** Resolves when it is let in. Whatever it is told besides acknowledgements goes to `onStatus`. */
export function connectPublisher(
  { port, namespace, token }: PublisherDoor,
  onStatus: (status: Status) => void = () => undefined,
): Promise<Publisher> {
  const waiting = new Map<number, { resolve(reply: unknown): void; reject(error: Error): void }>()
  const address = `${namespace},`
  const [acknowledgement, event, refusal, welcome] = [`43${address}`, `42${address}`, `44${address}`, `40${address}`]
  let asked = 0

  return new Promise((resolve, reject) => {
    const end = () => {
      reject(REFUSED)
      for (const one of waiting.values()) one.reject(REFUSED)
      waiting.clear()
    }
    const link = new RawLink(port, { frame: hear, refused: end, closed: end })
    const publisher: Publisher = {
      emit: <Reply>(name: string, body: unknown) =>
        new Promise<Reply>((answer, fail) => {
          const id = asked++
          waiting.set(id, { resolve: (reply) => answer(reply as Reply), reject: fail })
          link.say(`${event}${id}${JSON.stringify([name, body])}`)
        }),
      close: () => link.close(),
    }

    function hear(text: string): void {
      if (text.startsWith(acknowledgement)) {
        const begin = text.indexOf('[')
        const id = Number(text.slice(acknowledgement.length, begin))
        const [reply] = JSON.parse(text.slice(begin)) as [unknown]
        waiting.get(id)?.resolve(reply)
        waiting.delete(id)
      } else if (text.startsWith(event)) {
        const [name, body] = JSON.parse(text.slice(event.length)) as [string, Status]
        if (name === 'status') onStatus(body)
      } else if (text === '2') link.say('3')
      else if (text.startsWith('0')) link.say(`${welcome}${JSON.stringify({ token })}`)
      else if (text.startsWith(welcome)) resolve(publisher)
      else if (text.startsWith(refusal)) reject(new Error(text))
    }
  })
}
