import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type Backend, createBackend, waitForStatus } from '../../client-sdk/index.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'

export const API_KEY = 'an-api-key-of-27-characters'
const HEADERS = { 'API-Key': API_KEY }

export const PRODUCTION = {
  NODE_ENV: 'production',
  JWT_SECRET: 'a-secret-for-tests-only-of-40-characters',
  STORE_KEY: Buffer.alloc(32, 7).toString('base64'),
  API_KEYS: `shop:${API_KEY}:challenges:write challenges:read`,
  DRAIN_SECONDS: '0.5',
  WORKERS: '2',
}

export interface Stats {
  readonly waiting: number
  readonly watches: number
  readonly instances: { readonly answered: number; readonly expected: number }
}

/** Starts a hub of two workers; resolves once both serve. */
export async function startWorkers(environment: Record<string, string>): Promise<HubProcess> {
  const hub = await spawnHub({ ...PRODUCTION, ...environment })
  await eventually(() => workersOf(hub).length === 2)
  await eventually(() => countOf(hub.log, '"msg":"serving"') === 2)
  return hub
}

const MAIN = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url))

/** Starts one that will not stay; resolves with its exit code and what it says, but for its log. */
export function refusalOf(environment: Record<string, string>): Promise<{ code: unknown; said: string }> {
  const env = { PATH: process.env.PATH, HOST: '127.0.0.1', ...PRODUCTION, ...environment }
  return new Promise((resolve) =>
    execFile(process.execPath, [MAIN], { env, timeout: 10_000 }, (error, stdout, stderr) => {
      const lines = `${stdout}${stderr}`.split('\n').filter((line) => !line.startsWith('{'))
      resolve({ code: error?.code, said: lines.join('\n') })
    }),
  )
}

/** The processes of its workers. */
export function workersOf({ pid }: HubProcess): readonly number[] {
  if (!isAlive(pid)) return []
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

/** Whatever a test has broken, nobody is left behind. */
export async function killAll(hub: HubProcess): Promise<void> {
  const pids = workersOf(hub)
  await hub.kill()
  for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
}

/** A process that has ended, and whose end nobody has taken note of yet, does not count. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH') {
      return false
    }
    throw error
  }
}

export function countOf(text: string, part: string): number {
  return text.split(part).length - 1
}

export const backendOf = (hub: HubProcess): Backend => createBackend({ url: hub.url, apiKey: API_KEY })

export async function statsOf(hub: HubProcess): Promise<Stats> {
  return (await call<Stats>(hub, 'GET', '/v1/stats', { headers: HEADERS })).body
}

export interface AnsweredAnew {
  readonly status: number
  readonly location: string
  readonly cookies: readonly string[]
  readonly text: string
}

/** Over a connection of its own, so that it is the next worker's turn. */
export function callAnew(
  { url }: HubProcess,
  method: string,
  path: string,
  { headers = HEADERS, body }: { readonly headers?: Record<string, string>; readonly body?: object } = {},
): Promise<AnsweredAnew> {
  return new Promise((resolve, reject) => {
    const json = { ...headers, 'Content-Type': 'application/json' }
    const asked = request(url + path, { method, headers: body ? json : headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.once('end', () => {
        const cookies = (response.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0] ?? '')
        resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '', cookies, text })
      })
    })
    asked.once('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}

/** One page that waits, through the client. */
export interface WaitingPage {
  readonly challenge: string
  /** The status words it was told, in order. */
  readonly told: readonly string[]
  /** How often its link was broken. */
  readonly breaks: number
  readonly outcome: Promise<string>
}

/** Opens pages that wait until their challenges are complete; resolves once each has had its first status. */
export function openPages(hub: HubProcess, count: number): Promise<readonly WaitingPage[]> {
  return Promise.all(Array.from({ length: count }, () => openPage(hub)))
}

async function openPage(hub: HubProcess): Promise<WaitingPage> {
  const { challenge, waitToken } = await backendOf(hub).createChallenge({})
  const told: string[] = []
  let breaks = 0
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  return new Promise((resolve, reject) => {
    const outcome = waitForStatus({
      url: hub.url,
      token: waitToken,
      until: 'complete',
      signal: ended.signal,
      onConnection: (connection) => {
        if (connection !== 'live' && told.length > 0) breaks += 1
      },
      onStatus: ({ challengeStatus }) => {
        told.push(challengeStatus)
        resolve(page)
      },
    }).then(({ challengeStatus }) => challengeStatus)
    const page: WaitingPage = {
      challenge,
      told,
      outcome,
      get breaks() {
        return breaks
      },
    }
    outcome.catch(reject)
  })
}
