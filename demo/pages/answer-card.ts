import type { AnswerText } from './answer-texts.ts'
import { copyOf, part } from './screen.ts'
import { drawSign } from './sign.ts'

/** What stands where a request stood, once it has been answered or withdrawn. */
export function createAnswerCard({ title, text, sign }: AnswerText, onDone: () => void): HTMLElement {
  const card = copyOf('answer')
  drawSign(card, sign)
  part(card, 'title').textContent = title
  part(card, 'text').textContent = text
  part(card, 'done').addEventListener('click', onDone)
  return card
}
