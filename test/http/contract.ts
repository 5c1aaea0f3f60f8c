import { afterAll, beforeAll, describe } from 'vitest'
import { describeApproving } from './approving-contract.ts'
import { describeBadInput } from './bad-input-contract.ts'
import { describeBadUrls } from './bad-urls-contract.ts'
import { describeCreating } from './creating-contract.ts'
import { describeHangingUp } from './hanging-up-contract.ts'
import type { Hubs } from './hubs.ts'
import { describeIdempotency } from './idempotency-contract.ts'
import { describeLimits } from './limits-contract.ts'
import { describeNumberMatching } from './number-contract.ts'
import { describeOperations } from './operations-contract.ts'
import { describePolling } from './polling-contract.ts'
import { describeReading } from './reading-contract.ts'
import { describeScopes } from './scopes-contract.ts'
import { describeSecrecy } from './secrecy-contract.ts'
import { describeSilencing } from './silencing-contract.ts'
import { describeUpdating } from './updating-contract.ts'

/** What the scope table's API keys may do. */
export const API_KEYS = 'writer:writer-key-0123456789:challenges:write,reader:reader-key-0123456789:challenges:read'

/** All that the hub promises over HTTP, whatever it keeps its documents in. */
export function describeContract(name: string, open: () => Promise<Hubs>): void {
  describe(`HTTP: ${name}`, () => {
    let hubs: Hubs
    beforeAll(async () => {
      hubs = await open()
    })
    afterAll(() => hubs.stop())
    const current = () => hubs

    describeCreating(current)
    describeLimits(current)
    describeReading(current)
    describeUpdating(current)
    describePolling(current)
    describeHangingUp(current)
    describeApproving(current)
    describeNumberMatching(current)
    describeSilencing(current)
    describeIdempotency(current)
    describeBadInput(current)
    describeBadUrls(current)
    describeScopes(current)
    describeSecrecy(current)
    describeOperations(current)
  })
}
