import { randomBytes } from 'node:crypto'

export interface Session {
  readonly user: string
  /** When the person approved, epoch milliseconds. */
  readonly approvedDate: number
}

/** Who is signed in. A demo's bank forgets when it stops; a real one keeps this where all its instances can see it. */
export interface Sessions {
  /** The new session's id, once per challenge; undefined when this challenge has been redeemed before. */
  open(challenge: string, session: Session): string | undefined
  find(id: string | undefined): Session | undefined
  close(id: string | undefined): void
}

export function createSessions(): Sessions {
  const sessions = new Map<string, Session>()
  const redeemed = new Set<string>()
  return {
    open(challenge, session) {
      if (redeemed.has(challenge)) return undefined
      redeemed.add(challenge)
      const id = randomBytes(32).toString('base64url')
      sessions.set(id, session)
      return id
    },
    find: (id) => (id === undefined ? undefined : sessions.get(id)),
    close: (id) => void (id !== undefined && sessions.delete(id)),
  }
}
