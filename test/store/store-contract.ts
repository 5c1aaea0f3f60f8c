import { afterEach, beforeEach, describe } from 'vitest'
import type { Store } from '../../server/store/store.ts'
import { describeCommitting } from './committing-contract.ts'
import { describeForgetting } from './forgetting-contract.ts'
import { describeWatching } from './watching-contract.ts'

/** Two instances on the same documents. Where a driver lives in one process, both are the same store. */
export interface StorePair {
  readonly one: Store
  readonly other: Store
  /** What listeners threw, as far as the stores' owner was told. */
  readonly faults: readonly unknown[]
  close(): Promise<void>
}

/** The pair of the test that is running. */
export type CurrentPair = () => StorePair

/** What every driver of the store promises. A driver is done when all of it passes. */
export function describeStore(name: string, open: () => Promise<StorePair>): void {
  describe(`store: ${name}`, () => {
    let pair: StorePair
    beforeEach(async () => {
      pair = await open()
    })
    afterEach(() => pair.close())

    describeCommitting(() => pair)
    describeWatching(() => pair)
    describeForgetting(() => pair)
  })
}
