import type { Socket } from 'socket.io-client'
import { AssentError } from './assent-error.ts'
import { deadline } from './deadline.ts'
import { keepPolling, type PollingRoad } from './keep-polling.ts'
import { keepSocket, type SocketRoad } from './keep-socket.ts'
import { onWake } from './on-wake.ts'
import { tell } from './tell.ts'

/** How long the first socket may take before polling begins, and polling before the page is told it is offline. */
const FALLBACK_MS = 3000
/**
 * How long the next socket may take before polling begins, when everybody is likely to want one. A crowd that polls because
 * its hub is busy keeps it busy, so this is more than a busy hub needs. Milliseconds.
 */
export const CROWD_MS = 10_000
/** How long politeness may keep a page without news, at least; up to half as much again. Milliseconds. */
export const PATIENT_MS = 15_000
/** The hub's heartbeats come every 10 s and may be 5 s late: a longer silence means a dead link. Milliseconds. */
const SILENCE_MS = 15_000

/** `live`: the socket works. `polling`: it does not, but HTTP does. `offline`: neither does. */
export type Connection = 'live' | 'polling' | 'offline'

export interface Roads extends Pick<SocketRoad, 'open' | 'hear'>, Pick<PollingRoad, 'poll'> {
  /** Reads at once what the hub knows, over HTTP, and takes it in; true when it was more than had been told. */
  read(signal: AbortSignal): Promise<boolean>
  /** The hub will never answer this token. Everything has ended by then. */
  onRefused(error: AssentError): void
  readonly onConnection: ((connection: Connection) => void) | undefined
}

export interface Touch {
  /** The socket that works, if there is one. */
  socket(): Socket | undefined
  /** Ends every socket, timer, listener and request. Nothing is told from then on. */
  close(): void
}

/** Keeps a page in touch with its hub: by socket if one can be had, by HTTP while none can. Looks at once after a sleep. */
export function keepInTouch(roads: Roads): Touch {
  const ended = new AbortController()
  let connection: Connection | undefined
  let checking = false
  let fallen = false
  /** When the socket was lost, if it was. */
  let downAt: number | undefined
  let patientMs = PATIENT_MS
  let falling = setTimeout(fallBack, FALLBACK_MS)
  let patience: ReturnType<typeof setTimeout> | undefined

  const polling = keepPolling({
    ...roads,
    onAnswer: () => say('polling'),
    onFailure: () => say('offline'),
    onRefused: refuse,
  })
  const socket = keepSocket({
    ...roads,
    onUp() {
      fallen = false
      downAt = undefined
      clearTimeout(falling)
      polling.stop()
      say('live')
    },
    onDown,
    onRefused: refuse,
  })
  const stopWaking = onWake(wake)

  function say(now: Connection): void {
    clearTimeout(patience)
    if (now === connection || ended.signal.aborted) return
    connection = now
    tell(roads.onConnection, now)
  }

  /** While the hub had better be left alone, the next socket is waited for; it likely makes a poll needless. */
  function onDown(quietMs?: number): void {
    if (fallen || ended.signal.aborted) return
    if (quietMs === undefined) return fallBack()
    if (downAt === undefined) {
      downAt = performance.now()
      patientMs = PATIENT_MS * (1 + Math.random() / 2)
      beOfflineSoon()
    }
    clearTimeout(falling)
    falling = setTimeout(fallBack, Math.min(quietMs + CROWD_MS, downAt + patientMs - performance.now()))
  }

  function fallBack(): void {
    if (fallen || ended.signal.aborted) return
    fallen = true
    clearTimeout(falling)
    if (downAt === undefined) beOfflineSoon()
    polling.start()
  }

  function beOfflineSoon(): void {
    clearTimeout(patience)
    patience = setTimeout(() => say('offline'), FALLBACK_MS)
  }

  async function wake(): Promise<void> {
    if (!socket.live) {
      if (socket.hurry() && downAt !== undefined) fallBack()
      polling.hurry()
    } else if (socket.silence() > SILENCE_MS) {
      socket.restart()
    } else if (!checking) {
      checking = true
      await check(socket.live)
      checking = false
    }
  }

  /** Asks over HTTP whether the socket has told everything; one that has not is as good as dead. */
  async function check(checked: Socket): Promise<void> {
    const limit = deadline(FALLBACK_MS, ended.signal)
    let dead: boolean
    try {
      dead = await roads.read(limit.signal)
    } catch (error) {
      if (error instanceof AssentError && error.isFinal) return refuse(error)
      // A hub that answers with a refusal is there: only silence speaks against the socket.
      dead = !(error instanceof AssentError && error.code !== 'unreachable')
    } finally {
      limit.clear()
    }
    if (dead && socket.live === checked) socket.restart()
  }

  function refuse(error: AssentError): void {
    if (ended.signal.aborted) return
    say('offline')
    close()
    roads.onRefused(error)
  }

  function close(): void {
    ended.abort()
    clearTimeout(falling)
    clearTimeout(patience)
    stopWaking()
    polling.stop()
    socket.close()
  }

  return { socket: () => socket.live, close }
}
