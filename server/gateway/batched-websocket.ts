import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'

/** Up to so much may wait in the link's own buffer before whoever writes is told to wait. Bytes. */
const READY_BYTES = 16_384

let held: Duplex[] = []

/** Holds back what is written to a connection until the end of this turn of the loop: then it is one write. */
export function holdUntilTurnEnds(link: Duplex): void {
  link.cork()
  if (held.push(link) === 1) setImmediate(release)
}

function release(): void {
  const links = held
  held = []
  for (const link of links) link.uncork()
}

function destroy(this: Duplex): void {
  this.destroy()
}

type Frame = Parameters<WebSocket['send']>[0]
type SendOptions = Parameters<WebSocket['send']>[1]
type Sent = (error?: Error) => void

/** RFC 6455, 5.2: final, text, not masked. One buffer, where the library writes two. Frames of ours are far below 4 GiB. */
function toTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const textAt = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(textAt + length)
  frame[0] = 0x81
  if (textAt === 2) frame[1] = length
  else if (textAt === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(0, 2)
    frame.writeUInt32BE(length, 6)
  }
  frame.write(text, textAt)
  return frame
}

/** A WebSocket that writes once a turn: a system call costs more than all else that a frame does. */
export class BatchedWebSocket extends WebSocket {
  /** Sends a text, however much waits already. What goes wrong with it ends the link, which is told by `close`. */
  write(text: string): void {
    const link = this.#link
    if (!link || this.readyState !== WebSocket.OPEN) return
    holdUntilTurnEnds(link)
    link.write(toTextFrame(text))
  }

  /** Writes at once what this turn has held back. */
  flush(): void {
    const link = this.#link
    while (link && link.writableCorked > 0) link.uncork()
  }

  /**
   * As the library's, but for one thing: `sent` is called at once as long as few bytes wait. Engine.IO sends the next frame
   * only then.
   */
  override send(frame: Frame, sent?: Sent): void
  override send(frame: Frame, options: SendOptions, sent?: Sent): void
  override send(frame: Frame, ...how: [SendOptions | Sent | undefined, Sent?]): void {
    const sent = how.find((each) => typeof each === 'function')
    const options = how.find((each) => typeof each === 'object') ?? {}
    const link = this.#link
    if (!link || this.readyState !== WebSocket.OPEN || this.bufferedAmount > READY_BYTES) {
      super.send(frame, options, sent)
      return
    }
    if (typeof frame === 'string') this.write(frame)
    else {
      holdUntilTurnEnds(link)
      super.send(frame, options)
    }
    if (sent) process.nextTick(sent)
  }

  /** The goodbye, too; and once both sides have said it, nothing is waited for: whatever else comes is not for us. */
  override close(code?: number, reason?: string | Buffer): void {
    const link = this.#link
    if (link && this.readyState === WebSocket.OPEN) {
      holdUntilTurnEnds(link)
      link.once('finish', destroy)
    }
    super.close(code, reason)
  }

  get #link(): Duplex | null {
    return (this as unknown as { readonly _socket: Duplex | null })._socket
  }
}
