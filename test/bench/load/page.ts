/** The fields of a status the benchmark looks at; all contenders use the same words. */
export interface Status {
  challengeStatus: string
  isChallengeComplete: boolean
}

/** A page that waits, and hears each status after its first. */
export interface Page {
  onStatus: (status: Status) => void
  /** Leaves as a browser does that goes elsewhere. */
  close(): void
  /** Its network is gone: no goodbye. */
  drop(): void
}

/** How long a page waits for its first status before the attempt counts as failed: a storm of thousands takes its time. */
export const FIRST_STATUS_LIMIT_MS = 20_000
