/** What everybody did, was told and was promised during a run: all the judge needs. Times are `machineTime()`. */
export interface Recording {
  readonly challenges: ReadonlyMap<string, ChallengeRecord>
  readonly pages: readonly PageRecord[]
  readonly outages: readonly Outage[]
  readonly failovers: readonly Failover[]
  readonly hubEnds: readonly HubEnd[]
  /** Lines of the hubs' logs that tell of an error nobody caught. */
  readonly unhandled: readonly string[]
  readonly endedAt: number
}

/** One version of a challenge, as somebody came to know it. */
export interface Sighting {
  readonly at: number
  readonly version: number
  readonly status: string
  readonly complete: boolean
}

/** A sighting with the time it was committed at, or, of a time-out, ought to have been. */
export interface Change extends Sighting {
  readonly committedAt: number
  /** Whether the status word is new with this version: the only changes a poll is woken by. */
  readonly movesStatus: boolean
}

export interface ChallengeRecord {
  readonly challenge: string
  /** Changes the hub has acknowledged to whoever asked for them, the creation first. */
  readonly acknowledged: readonly Change[]
  /** What backends read, or were refused with; in order. `missing`: the hub said that there is no such challenge. */
  readonly readings: readonly (Change | Missing)[]
}

export interface Missing {
  readonly at: number
  readonly missing: true
}

/** The SDK's `waitForStatus`; a bare socket.io-client; an HTTP long-poll in a loop. */
export type PageKind = 'sdk' | 'bare' | 'poll'

export interface PageRecord {
  readonly page: number
  readonly challenge: string
  readonly kind: PageKind
  readonly until: 'changed' | 'complete'
  /** Which of the processes that hold pages it lives in. */
  readonly holder: number
  readonly openedAt: number
  /** In the order in which the page was told. */
  readonly told: readonly Told[]
  /** What the wait resolved with: more than one is a broken promise. */
  readonly resolved: readonly Sighting[]
  /** Why the wait was given up, although nobody asked for that. */
  readonly failed?: string | undefined
  /** It has left, on purpose or because all was said. */
  readonly closedAt?: number | undefined
}

export interface Told extends Sighting {
  /** Counts the page's connections; each poll is one. */
  readonly connection: number
}

/** A time in which nobody, or no page of one holder, could be told anything. */
export interface Outage {
  readonly began: number
  readonly ended: number
  readonly why: string
  /** Only the pages of this holder were struck. */
  readonly holder?: number | undefined
  /** How long after its end a page may still be behind. Milliseconds. */
  readonly grace: number
}

/** A time in which another Redis may have taken over: what was acknowledged shortly before may be undone. */
export interface Failover {
  readonly began: number
  readonly ended: number
}

export interface HubEnd {
  readonly hub: number
  readonly at: number
  readonly how: number | string
  readonly wanted: 'killed' | 'stopped' | 'never'
}
