import type { Sign } from './sign.ts'

export interface ResultText {
  readonly title: string
  readonly text: string
  readonly sign: Sign
  /** The one button under it; nothing is ever sent again unless a person presses it. */
  readonly button: string
}

const BACK = 'Back to sign-in'

const RESULTS: ReadonlyMap<string, ResultText> = new Map<string, ResultText>([
  [
    'denied',
    {
      sign: 'denied',
      title: 'Sign-in denied',
      text: 'It was denied on the phone, so nobody was signed in. If that was a slip, you can begin again.',
      button: BACK,
    },
  ],
  [
    'failed',
    {
      sign: 'denied',
      title: 'Sign-in denied',
      text: 'It was wrong too often, so nobody was signed in. You can begin again.',
      button: BACK,
    },
  ],
  [
    'not_me',
    {
      sign: 'denied',
      title: 'Sign-in denied',
      text: 'The phone said that this was somebody else, so nobody was signed in. For ten minutes nobody can ask it again.',
      button: BACK,
    },
  ],
  [
    'approver_silenced',
    {
      sign: 'denied',
      title: 'Sign-in is paused',
      text: 'The phone said that a sign-in was somebody else’s. Please try again in ten minutes.',
      button: BACK,
    },
  ],
  [
    'too_many_requests',
    {
      sign: 'over',
      title: 'That was a little often',
      text: 'The phone has been asked several times already. Please try again in a minute.',
      button: BACK,
    },
  ],
  [
    'NO_USABLE_DEVICES',
    {
      sign: 'over',
      title: 'Not from here',
      text: 'None of your devices can be used at this address, or at this moment. Passkeys want the page at localhost.',
      button: BACK,
    },
  ],
  [
    'timed_out',
    {
      sign: 'over',
      title: 'Nobody answered in time',
      text: 'No harm done, and nobody was signed in.',
      button: 'Try again',
    },
  ],
  [
    'cancelled',
    { sign: 'over', title: 'Sign-in cancelled', text: 'Your phone no longer asks you about it.', button: BACK },
  ],
  [
    'used',
    {
      sign: 'over',
      title: 'This sign-in has been used',
      text: 'Each approval opens the door once. Please begin again.',
      button: BACK,
    },
  ],
])

const UNKNOWN: ResultText = {
  sign: 'over',
  title: 'We could not finish your sign-in',
  text: 'Nobody was signed in. Please begin again in a moment.',
  button: BACK,
}

export function resultText(outcome: string): ResultText {
  return RESULTS.get(outcome) ?? UNKNOWN
}
