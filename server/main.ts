#!/usr/bin/env -S node --min-semi-space-size=32 --max-semi-space-size=64
import cluster from 'node:cluster'
import { pino } from 'pino'
import { type Config, ConfigError, readConfig } from './config.ts'

const config = readConfigOrExit()
const log = pino({ level: config.logLevel })

// Each loads what it is for: a process that only watches over others holds no hub.
if (config.workers === 1) {
  const { serveAlone } = await import('./instance.ts')
  await serveAlone(config, log)
} else if (cluster.worker) {
  const { serveAsWorker } = await import('./workers/serve-as-worker.ts')
  await serveAsWorker(config, log, cluster.worker)
} else {
  const { superviseWorkers } = await import('./workers/supervise-workers.ts')
  superviseWorkers(config, log)
}

function readConfigOrExit(): Config {
  try {
    const read = readConfig(process.env)
    // Who develops does not wait for pages to go elsewhere.
    return read.production ? read : { ...read, drainSeconds: 0 }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}
