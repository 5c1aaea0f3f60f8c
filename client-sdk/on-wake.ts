/** How often the clock is looked at, and how late a look must be before it means that everything stood still. */
const TICK_MS = 500
const LATE_MS = 5000

/**
 * Calls `listener` whenever the page may have slept or been away: it became visible, was thawed, came back from the
 * back-forward cache or online, or a timer fired more than 5 s late. Returns what ends it.
 */
export function onWake(listener: () => void): () => void {
  // React Native and Node have no such events: there the late clock alone tells it.
  const { document: page, window: view } = globalThis as Partial<typeof globalThis>
  const signs = [
    [page, 'visibilitychange'],
    [page, 'resume'],
    [view, 'pageshow'],
    [view, 'online'],
  ] as const
  const heed = (event: Event) => {
    if (event.type === 'visibilitychange' && page?.visibilityState !== 'visible') return
    // Every load ends with a pageshow; only a persisted page was away.
    if ((event as Partial<PageTransitionEvent>).persisted === false) return
    listener()
  }
  for (const [target, sign] of signs) target?.addEventListener?.(sign, heed)

  let looked = Date.now()
  const clock = setInterval(() => {
    const slept = Date.now() - looked > TICK_MS + LATE_MS
    looked = Date.now()
    if (slept) listener()
  }, TICK_MS)

  return () => {
    clearInterval(clock)
    for (const [target, sign] of signs) target?.removeEventListener?.(sign, heed)
  }
}
