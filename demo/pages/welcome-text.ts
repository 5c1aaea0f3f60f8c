import type { Proof } from '../bank/bank-api.ts'

const TEXTS: Readonly<Record<Proof, string>> = {
  phone: 'Approved on your phone',
  code: 'Signed in with your code',
  passkey: 'Signed in with your passkey',
  first: 'Your first device is set up: you need it from now on. Signed in',
}

export function welcomeText(by: Proof, time: string): string {
  return `${TEXTS[by]}, ${time}.`
}
