import type { PageView } from '../../server/protocol/challenge.ts'
import type { Way } from '../bank/bank-api.ts'
import { nameOf } from './device-texts.ts'

/** What the page shows while it waits. */
export type Shown = 'push' | 'code' | 'passkey' | 'scan' | 'claimed' | 'choice'

export const HELP = 'Nothing on your phone? Open its page: the question waits there.'

export interface Titled {
  readonly title: string
  readonly lead: string
}

export function textsOf(shown: Exclude<Shown, 'choice'>, way: Way | undefined): Titled {
  const name = way && nameOf(way)
  if (shown === 'push') return { title: 'Confirm on your phone', lead: `We have asked ${name ?? 'your phone'}.` }
  if (shown === 'passkey') return { title: 'Use your passkey', lead: 'Your browser asks you for it.' }
  if (shown === 'scan') {
    return { title: 'Scan to sign in', lead: 'With a phone that Harbour Bank knows. It says who you are.' }
  }
  if (shown === 'claimed') return { title: 'Confirm on your phone', lead: 'Your phone has the code.' }
  if (way?.type === 'EMAIL') return { title: 'Type your code', lead: `We have sent it to ${name}.` }
  return { title: 'Type your code', lead: `${name ?? 'Your code app'} shows it.` }
}

/** What the hub knows of how far it has come, if that helps anybody. */
export function progressOf(shown: string | undefined, view: PageView): string | undefined {
  const { authentication, delivery, isChallengeComplete } = view
  if (isChallengeComplete) return undefined
  const name = authentication?.device?.name ?? 'your phone'
  if (shown === 'scan' && authentication?.status === 'CLAIMED') return `${name} has it. Please answer there.`
  if (shown === 'push' && delivery === 'delivered') return `It has arrived on ${name}.`
  if (shown === 'push' && delivery === 'seen') return `It is open on ${name}.`
  return undefined
}
