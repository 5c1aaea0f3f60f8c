import type { Socket } from 'socket.io'
import { draining } from '../challenge/departure.ts'
import { CallerGone, toHubError, toNotice } from '../errors.ts'
import type { Refused } from '../protocol/events.ts'
import type { Admission } from './admission.ts'
import { beginAnswer, endAnswer } from './close-when-answered.ts'
import { stateOf } from './link.ts'

type Answer = (answer: { ok: true } | Refused) => void

/**
 * Serves an event that is answered by its acknowledgement. Without one there is nobody to tell how it went, so nothing is
 * done; whatever is thrown becomes the answer, and never reaches the process.
 */
export function acknowledge(
  socket: Socket,
  event: string,
  handle: (body: unknown) => Promise<object>,
  { connections, onError }: Pick<Admission, 'connections' | 'onError'>,
): void {
  socket.on(event, async (...words: unknown[]) => {
    const ack = words.at(-1)
    if (typeof ack !== 'function') return
    const answer = ack as Answer
    if (stateOf(socket.conn).isClosing) return answer(toRefused(draining(), onError))
    beginAnswer(socket.conn)
    try {
      connections.hearEvent(socket.conn)
      answer({ ok: true, ...(await handle(words.length > 1 ? words[0] : undefined)) })
    } catch (error) {
      if (error instanceof CallerGone) return
      answer(toRefused(error, onError))
    } finally {
      endAnswer(socket.conn)
    }
  })
}

function toRefused(error: unknown, onError: (error: unknown) => void): Refused {
  const told = toHubError(error)
  if (told.code === 'internal') onError(error)
  const { record } = told.extras
  return { ok: false, error: toNotice(told), ...(record !== undefined && { record }) } as Refused
}
