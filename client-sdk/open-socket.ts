import { io, type Socket } from 'socket.io-client'

/** How long the link itself may take to come up. Milliseconds. */
const OPENING_MS = 10_000

/**
 * Opens a socket of its own to a namespace, over WebSocket alone. It is tried once: when to try again is ours to say.
 * A path in `url` (a hub behind `https://example.com/assent`) is kept; an empty origin means the page's own.
 */
export function openSocket(url: string, namespace: string, token: string): Socket {
  const [, origin = '', path = ''] = /^(\w+:\/\/[^/]+)?(.*?)\/*$/.exec(url) ?? []
  return io(origin + namespace, {
    path: `${path}/socket.io/`,
    auth: { token },
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    timeout: OPENING_MS,
  })
}
