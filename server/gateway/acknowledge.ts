import type { Socket } from 'socket.io'
import { draining } from '../challenge/departure.ts'
import { CallerGone, toHubError, toNotice } from '../errors.ts'
import type { Refused } from '../protocol/events.ts'
import type { Admission } from './admission.ts'
import { beginAnswer, endAnswer } from './close-when-answered.ts'
import { type Link, linkOf } from './link.ts'

type Answer = { readonly ok: true } | Refused
type Tell = (answer: Answer) => void
type Rules = Pick<Admission, 'connections' | 'onError'>

/**
 * Serves an event that is answered by its acknowledgement. Without one there is nobody to tell how it went, so nothing is
 * done.
 */
export function acknowledge(
  socket: Socket,
  event: string,
  handle: (body: unknown) => Promise<object>,
  rules: Rules,
): void {
  socket.on(event, (...words: unknown[]) => {
    const tell = words.at(-1)
    if (typeof tell !== 'function') return
    void answer(linkOf(socket.conn), tell as Tell, async () => handle(words.length > 1 ? words[0] : undefined), rules)
  })
}

/** Answers what is asked over a link. Whatever is thrown becomes the answer, and never reaches the process. */
export async function answer(
  link: Link,
  tell: Tell,
  handle: () => Promise<object>,
  { connections, onError }: Rules,
): Promise<void> {
  if (link.isClosing) return tell(toRefused(draining(), onError))
  beginAnswer(link)
  try {
    connections.hearEvent(link)
    tell({ ok: true, ...(await handle()) })
  } catch (error) {
    if (error instanceof CallerGone) return
    tell(toRefused(error, onError))
  } finally {
    endAnswer(link)
  }
}

function toRefused(error: unknown, onError: (error: unknown) => void): Refused {
  const told = toHubError(error)
  if (told.code === 'internal') onError(error)
  const { record } = told.extras
  return { ok: false, error: toNotice(told), ...(record !== undefined && { record }) } as Refused
}
