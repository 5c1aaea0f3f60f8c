import type { Account, Transfer } from '../bank/bank-api.ts'
import { centsOf, moneyOf } from '../money.ts'
import { isRefusal, readAccount } from './bank-calls.ts'
import { NO_ANSWER, refusalText } from './refusal-texts.ts'
import { byId, copyOf, part } from './screen.ts'

const FIELDS = ['payee', 'amount', 'reference'] as const
type Field = (typeof FIELDS)[number]

/**
 * What somebody has, and the form by which it becomes less.
 * @param send answers with what went wrong, if anything did
 * @returns shows it as it is now
 */
export function createAccountScreen(send: (transfer: Transfer) => Promise<string | undefined>): () => Promise<void> {
  const problem = byId('transfer-problem')
  const field = (name: Field) => byId<HTMLInputElement>(name)
  let isSending = false

  byId('transfer-form').addEventListener('submit', async (event) => {
    event.preventDefault()
    const transfer = { payee: typed('payee'), amount: typed('amount'), reference: typed('reference') }
    const wrong = wrongField(transfer)
    mark(wrong)
    if (wrong) return wrong.element.focus()
    // A second press while the first is under way must not ask anybody twice.
    if (isSending) return
    isSending = true
    problem.textContent = (await send(transfer)) ?? ''
    isSending = false
  })
  for (const name of FIELDS) field(name).addEventListener('input', () => mark(undefined))

  function typed(name: Field): string {
    return field(name).value.trim()
  }

  function wrongField({ payee, amount }: Transfer) {
    if (payee === '') return { element: field('payee'), text: 'Who shall have it?' }
    if (centsOf(amount) === undefined) return { element: field('amount'), text: 'An amount looks like 25 or 25.50.' }
    return undefined
  }

  function mark(wrong: { readonly element: HTMLElement; readonly text: string } | undefined): void {
    for (const name of FIELDS) field(name).setAttribute('aria-invalid', String(field(name) === wrong?.element))
    problem.textContent = wrong?.text ?? ''
  }

  function draw({ balance, sent }: Account): void {
    byId('balance').textContent = moneyOf(balance)
    byId('sent').hidden = sent.length === 0
    byId('sent').replaceChildren(
      ...sent.map(({ payee, amount, reference }) => {
        const row = copyOf('sent-row')
        part(row, 'to').textContent = reference ? `${payee}, ${reference}` : payee
        part(row, 'amount').textContent = `−${moneyOf(amount)}`
        return row
      }),
    )
  }

  return async () => {
    mark(undefined)
    try {
      const account = await readAccount()
      if (isRefusal(account)) problem.textContent = refusalText(account)
      else draw(account)
    } catch {
      problem.textContent = NO_ANSWER
    }
  }
}
