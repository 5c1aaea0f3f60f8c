import type { ChildProcess } from 'node:child_process'

/** What Node's two halves of a cluster say to each other (lib/internal/cluster), as far as it matters here. */
interface Said {
  readonly act?: string
  readonly seq?: number
  readonly ack?: number
}

type Handle = { close(): void } | undefined

/**
 * Node hands a connection to a worker and holds on to it until the worker says that it has it. A worker that dies before
 * leaves its client waiting for ever: here such a connection is closed, as all of a dead process's are. Should Node ever
 * use other words, nothing happens here, and the test of it fails.
 */
export function closeUntaken(worker: ChildProcess): void {
  const untaken = new Map<number | undefined, Handle>()
  const send = worker.send as (said: Said, handle?: Handle, ...rest: unknown[]) => boolean
  worker.send = ((said: Said, handle?: Handle, ...rest: unknown[]) => {
    if (said.act === 'newconn') untaken.set(said.seq, handle)
    return send.call(worker, said, handle, ...rest)
  }) as ChildProcess['send']
  worker.on('internalMessage', ({ ack }: Said) => untaken.delete(ack))
  // Not `disconnect`, which does not come while a connection is under way.
  worker.once('exit', () => {
    for (const handle of untaken.values()) handle?.close()
  })
}
