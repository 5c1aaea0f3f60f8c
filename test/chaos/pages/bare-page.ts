import { io, type Socket } from 'socket.io-client'
import type { PageView } from '../../../client-sdk/index.ts'
import { readWaitToken } from '../../../client-sdk/read-wait-token.ts'
import { type OpenPage, toSighting } from './page.ts'

/** How long the link may take to come up, and how long after a refusal the page tries again. Milliseconds. */
const OPENING_MS = 10_000
const AFTER_REFUSAL_MS = 1_000

type Refusal = Error & { readonly data?: { readonly code?: string; readonly retryAfter?: number } }

/** A page with a plain Socket.IO client, which reconnects by itself, as people without our SDK would write it. */
export const openBarePage: OpenPage = ({ url, token, until, listener, signal }) =>
  new Promise((resolve) => {
    const { since } = readWaitToken(token)
    const options = { transports: ['websocket'], auth: { token }, forceNew: true, timeout: OPENING_MS }
    const socket: Socket = io(`${url}/waiting`, options)
    let connection = 0
    let isOver = false
    let again: NodeJS.Timeout | undefined

    const end = () => {
      clearTimeout(again)
      socket.off().disconnect()
      resolve()
    }
    socket.on('connect', () => {
      connection += 1
    })
    socket.on('status', (view: PageView) => {
      listener.told(toSighting(view), connection)
      if (isOver || !(view.isChallengeComplete || (until === 'changed' && view.statusVersion > since))) return
      isOver = true
      listener.resolved(toSighting(view))
      if (!view.isChallengeComplete) end()
    })
    socket.on('gone', () => {
      listener.failed('gone')
      end()
    })
    socket.on('disconnect', (reason) => {
      // Of a complete challenge nothing more comes: the hub has closed the socket, or would have.
      if (isOver) return end()
      if (reason === 'io server disconnect') socket.connect()
    })
    // What the hub refuses, the client library does not try again by itself.
    socket.on('connect_error', ({ data }: Refusal) => {
      if (socket.active) return
      again = setTimeout(() => socket.connect(), Math.max(AFTER_REFUSAL_MS, (data?.retryAfter ?? 0) * 1_000))
    })
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
