import { createSecretKey } from 'node:crypto'
import { createContext } from '../../server/challenge/context.ts'
import { answerRule } from '../../server/mfa/authentication/answer-rule.ts'
import { endIfReplaced } from '../../server/mfa/authentication/only-one.ts'
import type { MfaContext } from '../../server/mfa/context.ts'
import { createMfaContext, type MfaOptions } from '../../server/mfa/create-context.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import type { Document, Kind, Store } from '../../server/store/store.ts'

/**
 * The engine without a hub around it, on a store whose commits can be kept from happening.
 * @param before called before each commit, and may throw in its place
 * @param now the store's clock; default: the machine's
 */
export function createEngine(
  before: (kind: Kind<Document>) => Promise<void> | void,
  options: Partial<MfaOptions> = {},
  now: () => number = Date.now,
): MfaContext {
  const memory = new MemoryStore({ now })
  const store: Store = {
    read: async (kind, id) => {
      const kept = await memory.read(kind, id)
      // The store itself forgets by the machine's clock.
      return kept?.purgeAt !== undefined && now() >= kept.purgeAt ? undefined : kept
    },
    commit: async (kind, id, next, how) => {
      await before(kind as Kind<Document>)
      return memory.commit(kind, id, next, how)
    },
    watch: (kind, id, listener) => memory.watch(kind, id, listener),
    now: () => memory.now(),
  }
  const challenges = createContext({
    store,
    issueToken: () => '',
    onError: (error) => {
      throw error
    },
    limits: { pendingPerApprover: 10, requestsPerApproverMinute: 10, silenceSeconds: 0 },
    engine: answerRule,
    beforeApproval: (id) => endIfReplaced(context, id),
  })
  const context = createMfaContext(challenges, {
    environmentId: '3e6d2d4c-6a31-4d1c-9f0a-1f2f0f6f8d11',
    issuer: 'Assent',
    allowsTestMode: true,
    phoneUrl: undefined,
    push: { deliver: async () => 'taken' },
    carriers: { EMAIL: { deliver: async () => undefined } },
    secrets: [createSecretKey(Buffer.alloc(32, 1))],
    onEnvironmentMade: () => undefined,
    ...options,
  })
  return context
}
