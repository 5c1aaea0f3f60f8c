import type { Sign } from './sign.ts'

export interface AnswerText {
  readonly title: string
  readonly text: string
  readonly sign: Sign
}

/** What this phone decided. */
export const DECIDED = {
  approved: { title: 'Approved. Look at your computer.', text: 'It goes on there by itself.', sign: 'approved' },
  denied: {
    title: 'Denied. Nothing was done.',
    text: 'Whoever it was, nobody can ask you for a while.',
    sign: 'denied',
  },
  wrongNumbers: {
    title: 'Denied: the number was wrong too often',
    text: 'If it was you, begin again at your computer and type the number it shows.',
    sign: 'denied',
  },
} as const satisfies Record<string, AnswerText>

const WITHDRAWN: ReadonlyMap<string, AnswerText> = new Map<string, AnswerText>([
  ['approved', { title: 'Already approved', text: 'It was approved on another device.', sign: 'over' }],
  ['denied', { title: 'Already denied', text: 'It was denied on another device.', sign: 'over' }],
  ['cancelled', { title: 'No longer asked', text: 'It was cancelled at the computer.', sign: 'over' }],
  ['timed_out', { title: 'Time ran out', text: 'Nobody answered in time, so nothing was done.', sign: 'over' }],
])

/** Why something is no longer asked, by the status it has now. */
export function withdrawnText(challengeStatus: string): AnswerText {
  return (
    WITHDRAWN.get(challengeStatus) ?? {
      title: 'No longer asked',
      text: 'It has been answered elsewhere, or cancelled.',
      sign: 'over',
    }
  )
}
