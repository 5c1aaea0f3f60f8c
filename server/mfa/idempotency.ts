import { createHash, randomUUID } from 'node:crypto'
import { type Document, defineKind } from '../store/store.ts'
import type { MfaContext } from './context.ts'
import { MfaError } from './mfa-error.ts'

/** Caller and key lead to the id of what was asked for, and to what exactly was asked. */
interface Remembered extends Document {
  readonly resource: string
  readonly bodyHash: string
}

const REMEMBERED = defineKind<Remembered>('mfa-idempotency')

const REMEMBER_MS = 24 * 3_600_000

/** Who asks, under which `Idempotency-Key`. */
export interface Repeatable {
  readonly caller: string
  readonly key: string
}

/**
 * The id of what is about to be created. It is kept before anything exists: a repeat within a day creates what was not
 * created the first time, or finds it.
 * @param body what was asked, as it came
 */
export function idOfNew(
  { challenges: { changes } }: MfaContext,
  repeatable: Repeatable | undefined,
  body: unknown,
  make: () => string = randomUUID,
): Promise<string> {
  const fresh = make()
  if (!repeatable) return Promise.resolve(fresh)
  const bodyHash = createHash('sha256').update(JSON.stringify(body)).digest('base64url')
  return changes.change(REMEMBERED, `${repeatable.caller}\n${repeatable.key}`, (remembered, now) => {
    if (remembered && remembered.bodyHash !== bodyHash) {
      throw new MfaError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used with another body.')
    }
    if (remembered) return { result: remembered.resource }
    return { next: { version: 1, resource: fresh, bodyHash, purgeAt: now + REMEMBER_MS }, result: fresh }
  })
}
