import type { Socket } from 'socket.io-client'
import type { ErrorNotice } from '../server/protocol/error-codes.ts'
import type { Moving } from '../server/protocol/events.ts'
import { AssentError } from './assent-error.ts'
import { createBackOff, isTooMuch } from './back-off.ts'

/** How long a new socket may take to be told its first news. Milliseconds. */
const GREETING_MS = 10_000
/** An attempt older than this when somebody is in a hurry began before the page slept, likely on a dead link. Milliseconds. */
const STALE_MS = 3000
/** How often the hub pings when it says nothing else. Milliseconds. */
const HEARTBEAT_MS = 10_000
/** A heartbeat that comes after so many times its interval has been waiting for a page that stood still. */
const LATE = 1.2
/** How a link ends when the hub under it is gone, for everyone at once; but also when the page's own network breaks. */
const BROKEN = ['transport close', 'transport error']
/** A socket that lived this long was no accident: the next failure is a first one again. Milliseconds. */
const SETTLED_MS = 5000

export interface SocketRoad {
  open(): Socket
  /** Adds the listeners for the namespace's own events to a new socket. */
  hear(socket: Socket): void
  /** A socket works: it has been told something. */
  onUp(): void
  /**
   * No socket works. The next is tried without being asked for.
   * @param quietMs so long the hub had better be left alone, on every road: milliseconds, and then a socket is tried
   */
  onDown(quietMs?: number): void
  /** The hub will never let this token in. */
  onRefused(error: AssentError): void
}

export interface KeptSocket {
  /** The socket that works, if there is one. */
  readonly live: Socket | undefined
  /** Milliseconds since the live socket last gave a sign of life. */
  silence(): number
  /** Gives up the live socket and opens another at once. */
  restart(): void
  /**
   * Tries now, instead of after the back-off or by an attempt that hangs, unless the hub asked to be left alone. Tells
   * whether it did.
   */
  hurry(): boolean
  close(): void
}

type SocketFailure = Error & { readonly data?: ErrorNotice }

/**
 * Keeps one socket working: opens it, opens the next when it fails, and, when the hub asks to move, opens the next before
 * it lets go of the old one.
 *
 *     opening ──first news──▶ live ──moving──▶ live + opening ──first news──▶ live
 *       ▲ └─────fails──▶ rest ◀──drops──┘
 *       └──────────────────┘
 *
 * A page can't know whether its link broke alone or with everybody's, so the first try after a link that worked has broken
 * comes at a random moment within 5 s: ten thousand pages of a hub that was killed must not knock at the next one together.
 * Where something says that only this page was concerned, it does not wait: a heartbeat was missing already, or came late
 * (they come to each page at another moment), the hub sent this one socket away, or the page has just woken or come online (`hurry`).
 */
export function keepSocket(road: SocketRoad): KeptSocket {
  const backOff = createBackOff()
  let live: Socket | undefined
  let opening: Socket | undefined
  let next: ReturnType<typeof setTimeout> | undefined
  let overdue: ReturnType<typeof setTimeout> | undefined
  let openedAt = 0
  let upAt = 0
  let heardAt = 0
  /** When it last came so late that this page must have stood still. */
  let lateAt = Number.NEGATIVE_INFINITY
  /** Whether the hub under the live socket is leaving, in its own time. */
  let isSentAway = false
  let heartbeatMs = HEARTBEAT_MS

  function open(): void {
    clearTimeout(next)
    next = undefined
    if (opening) return
    const socket = road.open()
    opening = socket
    openedAt = performance.now()
    overdue = setTimeout(() => lose(socket, new Error('The hub said nothing.')), GREETING_MS)
    socket.io.engine.once('handshake', ({ pingInterval }) => {
      heartbeatMs = pingInterval
    })
    socket.io.on('ping', () => {
      if (socket === live) hear()
    })
    socket.onAny(() => {
      if (socket === opening) promote(socket)
      hear()
    })
    socket.on('connect_error', (error: SocketFailure) => lose(socket, error))
    socket.on('disconnect', (reason) => lose(socket, new Error(reason)))
    socket.on('moving', ({ afterMs }: Moving) => {
      isSentAway = true
      openIn(afterMs)
    })
    road.hear(socket)
  }

  function hear(): void {
    const now = performance.now()
    if (now - heardAt > LATE * heartbeatMs) lateAt = now
    heardAt = now
  }

  function openIn(ms: number): void {
    clearTimeout(next)
    next = setTimeout(open, ms)
  }

  function promote(socket: Socket): void {
    clearTimeout(overdue)
    drop(live)
    live = socket
    isSentAway = false
    opening = undefined
    upAt = performance.now()
    road.onUp()
  }

  function lose(socket: Socket, failure: SocketFailure): void {
    drop(socket)
    const now = performance.now()
    // What came late need not be the last that waited for a page that stood still.
    const isAlone = isSentAway || now - heardAt > heartbeatMs || now - lateAt < heartbeatMs
    const broke = socket === live && BROKEN.includes(failure.message) && !isAlone
    if (socket === live) {
      live = undefined
      if (performance.now() - upAt > SETTLED_MS) backOff.reset()
    } else {
      clearTimeout(overdue)
      opening = undefined
    }
    const error = toAssentError(failure)
    if (error.isFinal) return road.onRefused(error)
    const restMs = broke ? backOff.afterBreak() : backOff.after(error)
    if (!opening) openIn(restMs)
    if (!live) road.onDown(broke || isTooMuch(error) ? restMs : undefined)
  }

  open()
  return {
    get live() {
      return live
    },
    silence: () => performance.now() - heardAt,
    restart() {
      drop(live)
      live = undefined
      open()
      road.onDown()
    },
    hurry() {
      if (backOff.owed() || (opening && performance.now() - openedAt < STALE_MS)) return false
      clearTimeout(overdue)
      drop(opening)
      opening = undefined
      open()
      return true
    },
    close() {
      clearTimeout(next)
      clearTimeout(overdue)
      drop(live)
      drop(opening)
      live = undefined
    },
  }
}

/** Lets go of a socket for good: nothing it still hears is ours to tell. */
function drop(socket: Socket | undefined): void {
  socket?.offAny().off().disconnect()
}

function toAssentError(failure: SocketFailure): AssentError {
  if (failure.data?.code) return new AssentError(failure.data, failure)
  return new AssentError({ code: 'unreachable', detail: 'The socket is gone.' }, failure)
}
