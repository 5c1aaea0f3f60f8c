import { createHash, randomUUID } from 'node:crypto'
import { type Document, defineKind } from '../store/store.ts'
import type { MfaContext } from './context.ts'
import { MfaError } from './mfa-error.ts'

/** Caller and key lead to the id of what was asked for, and to what exactly was asked. */
interface Remembered extends Document {
  readonly resource: string
  readonly bodyHash: string
  readonly createdAt: number
}

const REMEMBERED = defineKind<Remembered>('mfa-idempotency')

/** So long a key is known. Milliseconds. */
export const REMEMBER_MS = 24 * 3_600_000

/** Who asks, under which `Idempotency-Key`. */
export interface Repeatable {
  /** What is created. */
  readonly what: string
  readonly caller: string
  readonly key: string
}

/** A short name of who asks under which key: what was begun by it is told apart from what was begun by others. */
export function wishOf(repeatable: Repeatable | undefined): string | undefined {
  return repeatable && createHash('sha256').update(nameOf(repeatable)).digest('base64url')
}

function nameOf({ what, caller, key }: Repeatable): string {
  return `${what}\n${caller}\n${key}`
}

export interface IdOptions {
  /** Makes an id; default: a UUID. */
  readonly make?: () => string
  /** Whether what was created then has come and gone: the key is free again. Default: it never has. */
  readonly hasGone?: (id: string, createdAt: number) => Promise<boolean>
}

/**
 * The id of what is about to be created. It is kept before anything exists: a repeat within a day creates what was not
 * created the first time, or finds it.
 * @param wanted what was asked, parsed
 */
export async function idOfNew(
  { challenges: { store, changes } }: MfaContext,
  repeatable: Repeatable | undefined,
  wanted: object,
  { make = randomUUID, hasGone = async () => false }: IdOptions = {},
): Promise<string> {
  const fresh = make()
  if (!repeatable) return fresh
  const name = nameOf(repeatable)
  const bodyHash = createHash('sha256').update(JSON.stringify(wanted)).digest('base64url')
  const before = await store.read(REMEMBERED, name)
  const gone = before && (await hasGone(before.resource, before.createdAt)) ? before.resource : undefined
  return changes.change(REMEMBERED, name, (remembered, now) => {
    if (remembered && remembered.resource !== gone) {
      if (remembered.bodyHash === bodyHash) return { result: remembered.resource }
      throw new MfaError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used with another body.')
    }
    const version = (remembered?.version ?? 0) + 1
    const next = { version, resource: fresh, bodyHash, createdAt: now, purgeAt: now + REMEMBER_MS }
    return { next, result: fresh }
  })
}
