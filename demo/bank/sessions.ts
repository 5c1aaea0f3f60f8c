import { createHmac, timingSafeEqual } from 'node:crypto'

export interface Session {
  readonly user: string
  /** When the person approved, epoch milliseconds. */
  readonly approvedDate: number
}

/** Who is signed in: it stands in the cookie, signed, so that any instance of the bank knows it. */
export interface Sessions {
  /** The cookie's value. */
  open(session: Session): string
  find(cookie: string | undefined): Session | undefined
}

/** @param key the same on all instances of the bank */
export function createSessions(key: Buffer): Sessions {
  const sign = (text: string) => createHmac('sha256', key).update(text).digest()
  return {
    open(session) {
      const text = Buffer.from(JSON.stringify(session)).toString('base64url')
      return `${text}.${sign(text).toString('base64url')}`
    },
    find(cookie = '') {
      const [text = '', signature = ''] = cookie.split('.', 2)
      const signed = Buffer.from(signature, 'base64url')
      const expected = sign(text)
      if (signed.length !== expected.length || !timingSafeEqual(signed, expected)) return undefined
      return JSON.parse(Buffer.from(text, 'base64url').toString()) as Session
    },
  }
}
