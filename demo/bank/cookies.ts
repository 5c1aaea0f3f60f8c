import type { CookieOptions, Request, Response } from 'express'
import type { Sealed, Seals } from './seals.ts'

const NAMES = {
  session: 'harbour_session',
  signOn: 'harbour_sign_on',
  newcomer: 'harbour_newcomer',
  account: 'harbour_account',
} as const

/** What one browser keeps for the bank: out of every script's reach, and never sent along from another site. */
export interface Cookies {
  read<Kind extends keyof Sealed>(kind: Kind): Sealed[Kind] | undefined
  write<Kind extends keyof Sealed>(kind: Kind, content: Sealed[Kind]): void
  clear(kind: keyof Sealed): void
}

/** @param path below which they are sent along */
export function cookiesOf(seals: Seals, path: string, request: Request, response: Response): Cookies {
  const options: CookieOptions = { httpOnly: true, sameSite: 'strict', secure: request.secure, path }
  return {
    read: (kind) => seals.open(kind, textOf(request, NAMES[kind])),
    write: (kind, content) => void response.cookie(NAMES[kind], seals.seal(kind, content), options),
    clear: (kind) => void response.clearCookie(NAMES[kind], options),
  }
}

function textOf(request: Request, name: string): string | undefined {
  for (const pair of request.headers.cookie?.split(';') ?? []) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name) return value
  }
  return undefined
}
