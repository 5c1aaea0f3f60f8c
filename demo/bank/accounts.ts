import type { Account } from './bank-api.ts'
import type { WantedTransfer } from './bodies.ts'
import type { Cookies } from './cookies.ts'

/** What everybody has to begin with. Hundredths. */
const OPENING = 241_806
/** So many transfers are shown. */
const MOST_SHOWN = 3

/** The money is made up, so it is kept where all that this bank knows is kept: in the browser, which could also keep an older balance. */
export function accountOf(cookies: Cookies, user: string): Account {
  const kept = cookies.read('account')
  return kept?.user === user ? kept.account : { balance: OPENING, sent: [] }
}

/** The balance must do. */
export function send(cookies: Cookies, user: string, { payee, amount, reference }: WantedTransfer): Account {
  const { balance, sent } = accountOf(cookies, user)
  const transfer = { payee, amount, reference, date: Date.now() }
  const account = { balance: balance - amount, sent: [transfer, ...sent].slice(0, MOST_SHOWN) }
  cookies.write('account', { user, account })
  return account
}
