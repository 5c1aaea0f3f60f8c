#!/usr/bin/env node
import { constants } from 'node:os'
import type { Router } from 'express'
import { type Logger, pino } from 'pino'
import { type Config, ConfigError, readConfig } from './config.ts'
import { Hub } from './hub.ts'

const DAY_SECONDS = 86_400

const config = readConfigOrExit()
const log = pino({ level: config.logLevel })
const pages = config.production ? undefined : await demoPages()
const hub = new Hub(config, log, pages)

const url = await hub.start()
obeySignals(hub, log)
await connectOrExit(hub, log)
if (config.production) log.info({ url }, 'listening')
else greet(hub, config, url)

function readConfigOrExit(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** Loaded only when served: production installs neither the demo nor what only the demo needs. */
async function demoPages(): Promise<(hub: Hub) => Record<string, Router>> {
  const { demoRouter } = await import('../demo/demo.ts')
  return (hub) => ({
    '/demo': demoRouter({
      hubUrl: () => hub.url,
      backendToken: () => hub.issueToken({ scope: 'challenges:write', sub: 'demo-bank' }, DAY_SECONDS),
      approverToken: (user) => hub.issueToken({ scope: 'challenges:approve', sub: user }, DAY_SECONDS),
    }),
  })
}

async function connectOrExit(hub: Hub, log: Logger): Promise<void> {
  try {
    await hub.connected()
  } catch (error) {
    log.fatal({ err: error }, 'the store cannot be used')
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(1)
  }
}

/** What a newcomer needs to see a challenge move within a minute. */
function greet(hub: Hub, { redisUrl, madeSecret }: Config, url: string): void {
  const token = hub.issueToken({ scope: 'challenges:write challenges:read', sub: 'dev-backend' }, DAY_SECONDS)
  const secret = madeSecret ? ', until the hub is restarted (set JWT_SECRET to keep it)' : ''
  process.stdout.write(`
  Assent is listening on ${url} (${redisUrl ? 'Redis' : 'memory'} store)

  The demo, a spinner that waits for your approval:

    ${url}/demo/

  A backend token, good for a day${secret}:

    ${token}

  Open a challenge:

    curl -s ${url}/v1/challenges -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{}'

`)
}

/** The first signal means: send everyone elsewhere, then end. The second means now. */
function obeySignals(hub: Hub, log: Logger): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // As a shell tells that a signal ended it.
      if (isStopping) process.exit(128 + constants.signals[signal])
      isStopping = true
      void stop(hub, log)
    })
  }
}

async function stop(hub: Hub, log: Logger): Promise<void> {
  try {
    await hub.stop(config.production ? undefined : 0)
    process.exit(0)
  } catch (error) {
    log.fatal({ err: error }, 'could not stop in order')
    process.exit(1)
  }
}
