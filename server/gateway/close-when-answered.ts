import { type Link, stateOf } from './link.ts'

/** Counts an event that is being answered; to be followed by `endAnswer` once it is. */
export function beginAnswer(link: Link): void {
  stateOf(link).answering += 1
}

export function endAnswer(link: Link): void {
  const state = stateOf(link)
  state.answering -= 1
  if (state.answering === 0 && state.isClosing) link.close()
}

/**
 * Ends the transport, not the subscriptions, once all that was asked over it is answered; resolves when it is so. A client
 * takes it for a broken link, and comes back elsewhere.
 */
export function closeWhenAnswered(link: Link): Promise<void> {
  return new Promise((resolve) => {
    if (link.readyState === 'closed') return resolve()
    link.once('close', () => resolve())
    const state = stateOf(link)
    state.isClosing = true
    if (state.answering === 0) link.close()
  })
}
