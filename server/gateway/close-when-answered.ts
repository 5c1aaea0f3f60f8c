import type { Link } from './link.ts'

/** Counts an event that is being answered; to be followed by `endAnswer` once it is. */
export function beginAnswer(link: Link): void {
  link.answering += 1
}

export function endAnswer(link: Link): void {
  link.answering -= 1
  if (link.answering === 0 && link.isClosing) link.close()
}

/**
 * Ends the transport, not the subscriptions, once all that was asked over it is answered; resolves when it is so. A client
 * takes it for a broken link, and comes back elsewhere.
 */
export function closeWhenAnswered(link: Link): Promise<void> {
  return new Promise((resolve) => {
    if (!link.isOpen) return resolve()
    link.once('ended', resolve)
    link.isClosing = true
    if (link.answering === 0) link.close()
  })
}
