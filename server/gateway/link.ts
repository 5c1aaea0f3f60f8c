import type { Socket } from 'socket.io'

/** One connection, however many namespaces are served over it: Engine.IO's. */
export type Link = Socket['conn']

/** What is known of a connection. There are many of them: this is kept small, and with it. */
export interface LinkState {
  readonly address: string
  /** There were too many from its address when it came. */
  readonly crowded: boolean
  /** It comes from a web page that may not connect. */
  readonly foreign: boolean
  isBackend: boolean
  /** Within the second that began at `since`: frames heard, and events among them. */
  since: number
  frames: number
  events: number
  /** Bytes that wait here because the link takes no more. */
  held: number
  cut: boolean
  /** How many sockets (one a namespace) share it. */
  sockets: number
  /** How many events are being answered over it. */
  answering: number
  /** Whether it closes once all are answered. */
  isClosing: boolean
}

/** A property, and no weak map: a collector that has to weigh each of 50,000 entries takes its time. */
const STATE = Symbol('state')

type KnownLink = Link & { [STATE]?: LinkState }

export function beginLink(link: KnownLink, known: Pick<LinkState, 'address' | 'crowded' | 'foreign'>): void {
  link[STATE] = {
    ...known,
    isBackend: false,
    since: performance.now(),
    frames: 0,
    events: 0,
    held: 0,
    cut: false,
    sockets: 0,
    answering: 0,
    isClosing: false,
  }
}

export function stateOf(link: KnownLink): LinkState {
  const state = link[STATE]
  if (!state) throw new Error('this connection was never begun')
  return state
}
