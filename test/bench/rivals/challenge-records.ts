import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'

/** What both rivals keep in Redis: one JSON string per challenge, which Redis itself forgets after its time. */
export interface ChallengeRecord {
  challenge: string
  challengeStatus: string
  isChallengeComplete: boolean
  createdDate: number
  statusUpdatedDate: number
}

export type Change = Partial<Pick<ChallengeRecord, 'challengeStatus' | 'isChallengeComplete'>>

const LIFE_SECONDS = 300

export async function createRecord(redis: Redis): Promise<ChallengeRecord> {
  const now = Date.now()
  const record: ChallengeRecord = {
    challenge: randomUUID(),
    challengeStatus: 'started',
    isChallengeComplete: false,
    createdDate: now,
    statusUpdatedDate: now,
  }
  await redis.set(keyOf(record.challenge), JSON.stringify(record), 'EX', LIFE_SECONDS)
  return record
}

export async function readRecord(redis: Redis, id: string): Promise<ChallengeRecord | undefined> {
  const stored = await redis.get(keyOf(id))
  return stored === null ? undefined : (JSON.parse(stored) as ChallengeRecord)
}

export async function updateRecord(redis: Redis, id: string, change: Change): Promise<ChallengeRecord | undefined> {
  const record = await readRecord(redis, id)
  if (!record) return undefined
  const next = { ...record, ...change, statusUpdatedDate: Date.now() }
  await redis.set(keyOf(id), JSON.stringify(next), 'KEEPTTL')
  return next
}

/** The two fields a caller may change, and nothing else it sent; undefined when either is of the wrong type. */
export function toChange(body: unknown): Change | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { challengeStatus, isChallengeComplete } = body as Record<string, unknown>
  const change: Change = {}
  if (typeof challengeStatus === 'string') change.challengeStatus = challengeStatus
  else if (challengeStatus !== undefined) return undefined
  if (typeof isChallengeComplete === 'boolean') change.isChallengeComplete = isChallengeComplete
  else if (isChallengeComplete !== undefined) return undefined
  return change
}

function keyOf(id: string): string {
  return `challenge:${id}`
}
