import { AssentError } from './assent-error.ts'
import { createBackOff } from './back-off.ts'
import { rest } from './rest.ts'

export interface PollingRoad {
  /** Reads at once what the hub knows. */
  read(signal: AbortSignal): Promise<unknown>
  /** Waits for more: holds a poll open, or rests a while and reads. */
  poll(signal: AbortSignal): Promise<unknown>
  /** The hub answered. */
  onAnswer(): void
  /** The hub did not answer, or would not. Tried again by itself. */
  onFailure(): void
  /** The hub will never answer this token. */
  onRefused(error: AssentError): void
}

export interface KeptPolling {
  start(): void
  /** Gives up what it waits for and begins again with a read: now, or once the hub no longer asks to be left alone. */
  hurry(): void
  stop(): void
}

/**
 * The fallback: reads, then polls for as long as the hub answers; after a failure rests and begins again with a read. After
 * a poll that broke it rests for up to 5 s, because all others that the hub held may have broken with it.
 */
export function keepPolling(road: PollingRoad): KeptPolling {
  const backOff = createBackOff()
  let running: AbortController | undefined

  async function run({ signal }: AbortController): Promise<void> {
    await rest(backOff.owed(), signal)
    let look = road.read
    while (!signal.aborted) {
      try {
        await look(signal)
        if (signal.aborted) return
        backOff.reset()
        road.onAnswer()
        look = road.poll
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof AssentError && error.isFinal) return road.onRefused(error)
        road.onFailure()
        const broke = look === road.poll && error instanceof AssentError && error.code === 'unreachable'
        look = road.read
        await rest(broke ? backOff.afterBreak() : backOff.after(error), signal)
      }
    }
  }

  function start(): void {
    if (running) return
    running = new AbortController()
    void run(running)
  }

  function stop(): void {
    running?.abort()
    running = undefined
  }

  return {
    start,
    hurry() {
      if (!running) return
      stop()
      start()
    },
    stop,
  }
}
