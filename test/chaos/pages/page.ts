import type { PageView } from '../../../client-sdk/index.ts'
import { machineTime } from '../tracker/machine-time.ts'
import type { Sighting } from '../tracker/recording.ts'

/** Where a page's news goes. */
export interface Listener {
  told(sighting: Sighting, connection: number): void
  resolved(sighting: Sighting): void
  failed(why: string): void
}

export interface PageOptions {
  readonly url: string
  readonly token: string
  readonly until: 'changed' | 'complete'
  readonly listener: Listener
  /** Aborted when the person leaves. */
  readonly signal: AbortSignal
}

/** Opens a page, and resolves when it has nothing more to wait for, or was left. */
export type OpenPage = (options: PageOptions) => Promise<void>

export function toSighting({ version, challengeStatus, isChallengeComplete }: PageView): Sighting {
  return { at: machineTime(), version, status: challengeStatus, complete: isChallengeComplete }
}
