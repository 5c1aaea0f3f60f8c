import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Account, Session } from './bank-api.ts'

/** What a cookie may say, and what it says then. */
export interface Sealed {
  /** Who is signed in. */
  readonly session: Session
  /** Which sign-on this browser has begun. */
  readonly signOn: Ticket
  /** Who may add their first device from here, because they had none. */
  readonly newcomer: Newcomer
  /** What is left of somebody's money. */
  readonly account: { readonly user: string; readonly account: Account }
}

export interface Ticket {
  /** The challenge's id, which is the authentication's and the code's, too. */
  readonly id: string
  readonly kind: 'authentication' | 'code'
}

export interface Newcomer {
  readonly user: string
  /** Epoch milliseconds. */
  readonly until: number
}

/** What the bank wants to know later stands in cookies, signed, so that any instance of the bank knows it. */
export interface Seals {
  /** The cookie's value. */
  seal<Kind extends keyof Sealed>(kind: Kind, content: Sealed[Kind]): string
  /** Undefined when it is none of ours, or says something else. */
  open<Kind extends keyof Sealed>(kind: Kind, cookie: string | undefined): Sealed[Kind] | undefined
}

/** @param key the same on all instances of the bank */
export function createSeals(key: Buffer): Seals {
  const sign = (kind: string, text: string) => createHmac('sha256', key).update(`${kind}\n${text}`).digest()
  return {
    seal(kind, content) {
      const text = Buffer.from(JSON.stringify(content)).toString('base64url')
      return `${text}.${sign(kind, text).toString('base64url')}`
    },
    open(kind, cookie = '') {
      const [text = '', signature = ''] = cookie.split('.', 2)
      const signed = Buffer.from(signature, 'base64url')
      const expected = sign(kind, text)
      if (signed.length !== expected.length || !timingSafeEqual(signed, expected)) return undefined
      return JSON.parse(Buffer.from(text, 'base64url').toString())
    },
  }
}
