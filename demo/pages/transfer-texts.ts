import type { Transfer } from '../bank/bank-api.ts'
import { centsOf, moneyOf } from '../money.ts'
import type { ResultText } from './result-texts.ts'
import type { Sign } from './sign.ts'

const BACK = 'Back to your account'

/** What has become of somebody's money. */
const TEXTS: ReadonlyMap<string, { readonly sign: Sign; readonly title: string; readonly text: string }> = new Map([
  ['sent', { sign: 'approved', title: 'Sent', text: '' }],
  [
    'denied',
    {
      sign: 'denied',
      title: 'Transfer denied',
      text: 'It was denied on the phone, so nothing was sent. Your money is where it was.',
    },
  ],
  [
    'failed',
    {
      sign: 'denied',
      title: 'Transfer denied',
      text: 'It was wrong too often, so nothing was sent. Your money is where it was.',
    },
  ],
  [
    'timed_out',
    { sign: 'over', title: 'Nobody answered in time', text: 'Nothing was sent. Your money is where it was.' },
  ],
  ['cancelled', { sign: 'over', title: 'Transfer cancelled', text: 'Nothing was sent, and nobody is asked any more.' }],
  ['refused', { sign: 'over', title: 'Nothing was sent', text: 'Your money is where it was.' }],
  [
    'lost',
    {
      sign: 'over',
      title: 'No answer from Harbour Bank',
      text: 'We can’t say whether it was sent. Your account shows it if it was.',
    },
  ],
] as const)

const UNKNOWN = { sign: 'over', title: 'Nothing was sent', text: 'Please begin again in a moment.' } as const

export function transferText(outcome: string, { payee, amount }: Transfer): ResultText {
  const told = TEXTS.get(outcome) ?? UNKNOWN
  const text = outcome === 'sent' ? `${moneyOf(centsOf(amount) ?? 0)} to ${payee}.` : told.text
  return { ...told, text, button: BACK }
}
