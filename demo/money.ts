const AMOUNT = /^(\d{1,3}(?:,\d{3})+|\d{1,7})(?:[.,](\d{1,2}))?$/

/** What was typed, in hundredths; undefined when it is no amount that can be sent. */
export function centsOf(typed: string): number | undefined {
  const [, whole = '', hundredths = ''] = AMOUNT.exec(typed.trim()) ?? []
  const cents = Number(whole.replaceAll(',', '')) * 100 + Number(hundredths.padEnd(2, '0'))
  return cents > 0 ? cents : undefined
}

/** `2,418.06`. */
export function moneyOf(cents: number): string {
  return (cents / 100).toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
}
