import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'

/** What the tests drive that npm does not bring. Another one may be named in the environment. */
export const REDIS_SERVER = process.env.REDIS_SERVER ?? 'redis-server'
export const REDIS_CLI = process.env.REDIS_CLI ?? 'redis-cli'
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
export const FAKETIME = process.env.FAKETIME_COMMAND ?? 'faketime'

/** Sharded pub/sub came with 7.0, and the hub stands on it. */
const OLDEST_REDIS = 7

/** A program the tests need, and the Debian package that brings it. */
interface Tool {
  readonly debian: string
  /** Somebody said where it is: then another one is of no use. */
  readonly isNamed: boolean
  readonly wanted: string
  isThere(): boolean
}

const redis: Tool = {
  debian: 'redis-server',
  isNamed: process.env.REDIS_SERVER !== undefined || process.env.REDIS_CLI !== undefined,
  wanted: `redis-server ${OLDEST_REDIS}.0 or later (REDIS_SERVER may name it)`,
  isThere: () => redisMajor() >= OLDEST_REDIS && runs(REDIS_CLI, '--version') !== undefined,
}

const chromium: Tool = {
  debian: 'chromium',
  isNamed: process.env.CHROMIUM !== undefined,
  wanted: 'Chromium at /usr/bin/chromium (CHROMIUM may name another place)',
  isThere: () => isExecutable(CHROMIUM),
}

const faketime: Tool = {
  debian: 'faketime',
  isNamed: process.env.FAKETIME_COMMAND !== undefined,
  wanted: 'faketime (FAKETIME_COMMAND may name it)',
  isThere: () => runs(FAKETIME, '-f', '+1d', 'true') !== undefined,
}

const openssl: Tool = {
  debian: 'openssl',
  isNamed: false,
  wanted: 'openssl',
  isThere: () => runs('openssl', 'version') !== undefined,
}

/** Installs what is missing when it may, and otherwise throws one sentence that says what to install and how. */
export function ensureTools(): void {
  const missing = [redis, chromium, faketime, openssl].filter((tool) => !tool.isThere())
  if (missing.length === 0) return
  const mayInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version')
  const trouble = mayInstall ? install(missing.filter((tool) => !tool.isNamed)) : ''
  const still = missing.filter((tool) => !tool.isThere())
  if (still.length > 0) throw new MissingTools(still, trouble)
}

class MissingTools extends Error {
  constructor(tools: readonly Tool[], trouble: string) {
    const wanted = tools.map((tool) => tool.wanted).join(', and ')
    const packages = tools.map((tool) => tool.debian).join(' ')
    const why = trouble && ` (tried that: ${trouble})`
    super(`The tests need ${wanted}: on Debian, run "apt-get update && apt-get install ${packages}" as root${why}.`)
    // Where in our code this was found out helps nobody.
    this.stack = this.message
  }
}

/** Answers what went wrong, in one line, or nothing. */
function install(tools: readonly Tool[]): string {
  if (tools.length === 0) return ''
  const packages = tools.map((tool) => tool.debian)
  const hadService = existsSync('/etc/init.d/redis-server')
  console.log(`Installing ${packages.join(' and ')} with apt-get, for the tests ...`)
  const trouble = apt('update') || apt('install', '--yes', '--no-install-recommends', ...packages)
  // The package starts a Redis for the whole system on the well-known port. Nobody asked for one, and no test may meet it.
  if (!hadService && existsSync('/etc/init.d/redis-server')) {
    spawnSync('service', ['redis-server', 'stop'])
    spawnSync('update-rc.d', ['redis-server', 'disable'])
  }
  return trouble
}

function apt(...args: readonly string[]): string {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr, error } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' })
  if (error) return error.message
  return status === 0 ? '' : `${stderr}${stdout}`.trim().split('\n').at(-1) || `apt-get ended with ${status}`
}

function redisMajor(): number {
  const version = runs(REDIS_SERVER, '--version') ?? ''
  return Number(/v=(\d+)\./.exec(version)?.[1] ?? 0)
}

function runs(program: string, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 })
  } catch {
    return undefined
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
