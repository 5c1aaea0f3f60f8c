import type { Logger } from 'pino'
import type { Config } from './config.ts'

/** What the outside is told of a hub that is up. */
export interface Announced {
  readonly url: string
  /** A backend's, good for a day; outside production only. */
  readonly token?: string
}

/** Says that the hub is up: outside production what a newcomer needs to see a challenge move within a minute. */
export function announce({ url, token }: Announced, { redisUrl, madeSecret, workers }: Config, log: Logger): void {
  if (token === undefined) return log.info({ url, workers }, 'listening')
  const store = redisUrl === undefined ? 'memory' : 'Redis'
  const cores = workers === 1 ? '' : `, ${workers} workers`
  const secret = madeSecret ? ', until the hub is restarted (set JWT_SECRET to keep it)' : ''
  process.stdout.write(`
  Assent is listening on ${url} (${store} store${cores})

  The demo, a spinner that waits for your approval:

    ${url}/demo/

  A backend token, good for a day${secret}:

    ${token}

  Open a challenge:

    curl -s ${url}/v1/challenges -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{}'

`)
}
