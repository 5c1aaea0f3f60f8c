import type { Socket } from 'node:net'

/**
 * Carries chunks from one socket to another, each after the same delay and in order, however many are under way: one
 * queue and one timer, whatever the load.
 */
export class DelayLine {
  /** Milliseconds. */
  delay: number
  readonly #from: Socket
  readonly #to: Socket
  readonly #queue: { readonly due: number; readonly chunk: Buffer | 'end' }[] = []
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(from: Socket, to: Socket, delay: number) {
    this.#from = from
    this.#to = to
    this.delay = delay
    to.on('drain', () => from.resume())
  }

  send(chunk: Buffer): void {
    this.#push(chunk)
  }

  /** Ends the other socket, after everything sent before. */
  end(): void {
    this.#push('end')
  }

  stop(): void {
    this.#isStopped = true
    this.#queue.length = 0
    clearTimeout(this.#timer)
  }

  #push(chunk: Buffer | 'end'): void {
    if (this.#isStopped) return
    // A shorter delay than before must not overtake what is still under way.
    if (this.delay === 0 && this.#queue.length === 0) {
      this.#write(chunk)
      return
    }
    this.#queue.push({ due: performance.now() + this.delay, chunk })
    if (this.#queue.length === 1) this.#arm()
  }

  #arm(): void {
    const head = this.#queue[0]
    if (head) this.#timer = setTimeout(this.#deliver, Math.max(0, head.due - performance.now()))
  }

  readonly #deliver = (): void => {
    const now = performance.now()
    const later = this.#queue.findIndex(({ due }) => due > now)
    const due = this.#queue.splice(0, later < 0 ? this.#queue.length : later)
    for (const { chunk } of due) this.#write(chunk)
    this.#arm()
  }

  #write(chunk: Buffer | 'end'): void {
    if (chunk === 'end') this.#to.end()
    else if (!this.#to.write(chunk)) this.#from.pause()
  }
}
