import { createHmac, type KeyObject } from 'node:crypto'
import { constants } from 'node:os'
import type { Router } from 'express'
import type { Logger } from 'pino'
import { type Announced, announce } from './announce.ts'
import type { Config } from './config.ts'
import { Hub } from './hub.ts'

const DAY_SECONDS = 86_400

/** One instance of the hub, as a process runs it: the process ends with it, with the exit code that tells how. */
export class Instance {
  readonly #hub: Hub
  readonly #config: Config
  readonly #log: Logger

  private constructor(hub: Hub, config: Config, log: Logger) {
    this.#hub = hub
    this.#config = config
    this.#log = log
  }

  static async create(config: Config, log: Logger): Promise<Instance> {
    const pages = config.production ? undefined : await demoPages(config)
    return new Instance(new Hub(config, log, pages), config, log)
  }

  /** Resolves when it listens; when it can't, the process ends, and says why. */
  async listen(): Promise<void> {
    try {
      await this.#hub.start()
    } catch (error) {
      this.#exit('the hub cannot listen', error as Error, whyDeaf(error as NodeJS.ErrnoException, this.#config))
    }
  }

  /** Resolves when the store has been reached; when it never can be, the process ends, and says why. */
  async connected(): Promise<void> {
    try {
      await this.#hub.connected()
    } catch (error) {
      this.#exit('the store cannot be used', error as Error)
    }
  }

  /** What a newcomer is told, once it listens and the store has been reached. */
  announced(): Announced {
    const url = this.#hub.url
    if (this.#config.production) return { url }
    const claims = { scope: 'challenges:write challenges:read mfa:write', sub: 'dev-backend' }
    return { url, token: this.#hub.issueToken(claims, DAY_SECONDS) }
  }

  /** Sends everyone elsewhere, and ends the process. Once it has begun, another call changes nothing. */
  end(): void {
    void this.#hub.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        this.#log.fatal({ err: error }, 'could not stop in order')
        process.exit(1)
      },
    )
  }

  #exit(what: string, error: Error, why = error.message): never {
    this.#log.fatal({ err: error }, what)
    process.stderr.write(`${why}\n`)
    process.exit(1)
  }
}

function whyDeaf({ code, message }: NodeJS.ErrnoException, { host, port }: Config): string {
  return code === 'EADDRINUSE'
    ? `Port ${port} of ${host} is taken (EADDRINUSE), perhaps by a hub that still runs: end it, or set PORT to another.`
    : `The hub cannot listen on port ${port} of ${host} (HOST, PORT): ${code ?? message}`
}

/** The instance this process is. */
export async function serveAlone(config: Config, log: Logger): Promise<void> {
  const instance = await Instance.create(config, log)
  await instance.listen()
  obeySignals(instance)
  await instance.connected()
  announce(instance.announced(), config, log)
}

/** The first signal means: send everyone elsewhere, then end. The second means now. */
function obeySignals(instance: Instance): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // As a shell tells that a signal ended it.
      if (isStopping) process.exit(128 + constants.signals[signal])
      isStopping = true
      instance.end()
    })
  }
}

/** Loaded only when served: production installs neither the demo nor what only the demo needs. */
async function demoPages({ jwtSecrets }: Config): Promise<(hub: Hub) => Record<string, Router>> {
  const { demoRouter } = await import('../demo/demo.ts')
  // There always is one, and all instances have it.
  const sessionKey = createHmac('sha256', jwtSecrets[0] as KeyObject)
    .update('demo')
    .digest()
  return (hub) => ({
    '/demo': demoRouter({
      sessionKey,
      hubUrl: () => hub.url,
      backendToken: () => hub.issueToken({ scope: 'challenges:write mfa:write', sub: 'demo-bank' }, DAY_SECONDS),
    }),
  })
}
