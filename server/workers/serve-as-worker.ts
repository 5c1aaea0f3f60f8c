import type { Worker } from 'node:cluster'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { Instance } from '../instance.ts'
import { shareOf } from '../limits/share.ts'

/** The first of all has nobody beside it who answers. */
const FIRST = 1
/** The others answer, while a further one connects: nobody should come to it before it can serve. Milliseconds. */
const CONNECTING_MS = 5_000

/**
 * One instance among several that share a port. It ends when it is told to, by whomever: a terminal signals every process,
 * so that a second signal means nothing here. The primary process alone says "now", by SIGKILL.
 */
export async function serveAsWorker(config: Config, log: Logger, worker: Worker): Promise<void> {
  const own = log.child({ worker: worker.id })
  const instance = await Instance.create({ ...config, limits: shareOf(config.limits, config.workers) }, own)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => instance.end())
  worker.on('disconnect', () => {
    // Node would end this process here and now, with all who wait.
    worker.exitedAfterDisconnect = true
    own.warn('the primary process is gone')
    instance.end()
  })
  if (worker.id === FIRST) {
    await instance.listen()
    await instance.connected()
  } else {
    const connected = instance.connected()
    // Longer only if Redis is away: then it says so itself.
    await Promise.race([connected, pause(CONNECTING_MS, undefined, { ref: false })])
    await instance.listen()
    await connected
  }
  own.info('serving')
  if (process.connected) process.send?.(instance.announced())
}
