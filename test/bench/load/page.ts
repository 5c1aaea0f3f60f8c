/** The fields of a status the benchmark looks at; all contenders use the same words. */
export interface Status {
  challengeStatus: string
  isChallengeComplete: boolean
}

/** A page that waits: it has had its first status, and hears each later one. */
export interface Page {
  onStatus: (status: Status) => void
  close(): void
}

/** How long a page waits for its first status before the attempt counts as failed. */
export const FIRST_STATUS_LIMIT_MS = 10_000
