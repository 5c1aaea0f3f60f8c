import { readFileSync } from 'node:fs'
import { transformSync } from 'esbuild'
import { DIALECTS } from '../../server/dialects/names.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { BATCH, chooseAttack, type Front } from './attacks.ts'
import { Dice } from './dice.ts'
import { findLogFaults } from './judge.ts'
import { API_KEY, openTargets, SECRET, type Targets, token } from './targets.ts'
import { startWitness } from './witness.ts'

/** At a time. */
const ATTACKERS = 24
/** After so many batches there are fresh challenges to aim at. */
const REFRESH = 40
/** The part of the run after which memory is first measured: by then everything has been used once. */
const WARM_UP = 0.2
/** What may be kept: the challenges made stay readable for five minutes, and the heap of V8 has holes. Bytes. */
const HEAP_KEPT = 24 * 2 ** 20
const RSS_KEPT = 64 * 2 ** 20
/** So many breaches are told in full. */
const TOLD = 20

export interface FuzzOptions {
  readonly seed: number
  readonly inputs: number
  /** Only this batch of the run, to see a breach again. */
  readonly batch?: number | undefined
  readonly tell?: (line: string) => void
}

export interface FuzzReport {
  readonly breaches: readonly string[]
  /** One line that says it all. */
  readonly line: string
}

/** Throws so many inputs at a real hub of its own, and says what it did that it must not do. */
export async function runFuzz({ seed, inputs, batch, tell = () => undefined }: FuzzOptions): Promise<FuzzReport> {
  const began = performance.now()
  const breaches: string[] = []
  const hub = await spawnHub(
    {
      NODE_ENV: 'production',
      JWT_SECRET: SECRET,
      API_KEYS: `shop:${API_KEY}:challenges:write`,
      DRAIN_SECONDS: '0',
      DIALECTS: DIALECTS.join(),
      // Nobody takes what is sent.
      DELIVERY_WEBHOOK_URL: 'http://127.0.0.1:9/',
      DELIVERY_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 5).toString('base64')}`,
    },
    { nodeArguments: ['--expose-gc', `--import=${preload()}`] },
  )
  try {
    const breach = (what: string, at?: number, said: string | Buffer = '') => {
      const where = at === undefined ? '' : `batch ${at}: `
      breaches.push(`${where}${what}`)
      if (breaches.length <= TOLD)
        tell(`BREACH ${where}${what}\n  said: ${JSON.stringify(said.toString('latin1' as never).slice(0, 1_500))}`)
    }
    const witness = await startWitness(hub.url, breach)
    const secrets = [SECRET, API_KEY, ...witness.secrets]
    const idle = await countOpen(hub.url)
    let targets: Targets = await openTargets(hub.url)
    let [heard, done] = [0, 0]

    const attack = async (from: number, to: number) => {
      let next = from
      const attacker = async () => {
        for (let at = next++; at < to && !hub.hasEnded; at = next++) {
          if (at % REFRESH === 0) targets = await openTargets(hub.url).catch(() => targets)
          const dice = new Dice(seed * 1_000_003 + at)
          const size = Math.min(BATCH, inputs - at * BATCH)
          const front: Front = {
            port: hub.port,
            targets,
            secrets,
            breach: (what, said) => breach(what, at, said),
            heard: (count) => {
              heard += count
            },
          }
          await chooseAttack(dice)(front, dice, size).catch((error) => breach(`the attack failed: ${error}`, at))
          done += size
        }
      }
      await Promise.all(Array.from({ length: ATTACKERS }, attacker))
    }

    const batches = Math.ceil(inputs / BATCH)
    const warm = Math.ceil(batches * WARM_UP)
    if (batch !== undefined) await attack(batch, batch + 1)
    else await attack(0, warm)
    const before = await settledMemory(hub, idle, breach)
    tell(`fuzz: warm after ${done} inputs, heap ${mib(before.heap)} MiB, rss ${mib(before.rss)} MiB`)
    if (batch === undefined) await attack(warm, batches)
    const after = await settledMemory(hub, idle, breach)
    const kept = { heap: after.heap - before.heap, rss: after.rss - before.rss }
    if (kept.heap > HEAP_KEPT) breach(`${mib(kept.heap)} MiB of heap were not given back`)
    if (kept.rss > RSS_KEPT) breach(`${mib(kept.rss)} MiB of memory were not given back`)
    await witness.stop()
    const code = await hub.stop()
    if (code !== 0) breach(`the hub ended with ${code}:\n${hub.log.slice(-2_000)}`)
    for (const fault of findLogFaults(hub.log, secrets)) breach(fault)
    const line =
      `fuzz: seed=${seed} inputs=${done} heard=${heard} breaches=${breaches.length} witness_rounds=${witness.rounds} ` +
      `worst_ms=${Math.round(witness.worst)} heap_mib=${mib(kept.heap)} rss_mib=${mib(kept.rss)} seconds=${Math.round((performance.now() - began) / 1_000)}`
    return { breaches, line }
  } finally {
    await hub.kill()
  }
}

interface Open {
  readonly waiting: number
  readonly approvers: number
}

async function countOpen(url: string): Promise<Open> {
  const { body } = await call<Open>({ url }, 'GET', '/v1/stats', { token: token('challenges:read') })
  return { waiting: body.waiting, approvers: body.approvers }
}

/** Whoever hung up is forgotten. */
async function allGone(hub: HubProcess, idle: Open, breach: (what: string) => void): Promise<void> {
  const isIdle = async () => {
    if (hub.hasEnded) return
    const open = await countOpen(hub.url)
    if (open.waiting > idle.waiting || open.approvers > idle.approvers) throw new Error(JSON.stringify(open))
  }
  await eventually(isIdle, { within: 20_000, every: 100 }).catch((error) =>
    breach(`sockets stayed open: ${error.message}`),
  )
}

interface Memory {
  readonly heap: number
  readonly rss: number
}

/**
 * Once everybody is gone, and after full collections; the last of three, because what was let go of while the first ran
 * goes with the next.
 */
async function settledMemory(hub: HubProcess, idle: Open, breach: (what: string) => void): Promise<Memory> {
  await allGone(hub, idle, breach)
  if (hub.hasEnded) return { heap: 0, rss: 0 }
  const told = () => [...hub.log.matchAll(/^memory (.+)$/gm)].map(([, json = '']) => JSON.parse(json) as Memory)
  const before = told().length
  for (let round = 1; round <= 3; round++) {
    process.kill(hub.pid, 'SIGUSR2')
    await eventually(() => told().length === before + round, { within: 10_000, every: 200 })
  }
  return told().at(-1) ?? { heap: 0, rss: 0 }
}

function preload(): string {
  const source = readFileSync(new URL('./tell-memory.ts', import.meta.url), 'utf8')
  return `data:text/javascript,${encodeURIComponent(transformSync(source, { loader: 'ts' }).code)}`
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
