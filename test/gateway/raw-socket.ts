import { WebSocket } from 'ws'
import { Recorder } from '../support/recorder.ts'

/** A WebSocket that says whatever it likes. Engine.IO and Socket.IO packets are written out: `40/waiting,{}`. */
export interface RawSocket {
  readonly frames: Recorder<string>
  /** The WebSocket close code, once the hub has hung up. */
  readonly closed: Promise<number>
  say(frame: string | Buffer): void
  /** Sends a control frame of the WebSocket itself. */
  control(what: 'ping' | 'pong'): void
  /** Resolves with the next frame heard, or ever heard, that begins so. */
  hear(beginning: string): Promise<string>
  hangUp(): void
}

export async function openRaw(url: string): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  const frames = new Recorder<string>()
  socket.on('message', (frame) => frames.listen(String(frame)))
  // A close always follows.
  socket.on('error', () => undefined)
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await frames.until((frame) => frame.startsWith('0'))
  return {
    frames,
    closed,
    say: (frame) => socket.send(frame),
    control: (what) => socket[what](),
    hear: (beginning) => frames.until((frame) => frame.startsWith(beginning)),
    hangUp: () => socket.terminate(),
  }
}

/** Enters a namespace. */
export async function enterRaw(url: string, namespace: string, auth: object): Promise<RawSocket> {
  const raw = await openRaw(url)
  raw.say(`40${namespace},${JSON.stringify(auth)}`)
  await raw.hear(`40${namespace},`)
  return raw
}
