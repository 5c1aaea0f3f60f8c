import { Countdown, inWords } from '../../client-sdk/element/countdown.ts'
import type { ApprovalView } from '../../client-sdk/index.ts'
import { copyOf, LANGUAGE, part } from './screen.ts'

/** Seconds left at which a screen reader is told. */
const ANNOUNCED_AT = [60, 30, 10]

export interface RequestCard {
  readonly element: HTMLElement
  hear(approval: ApprovalView): void
  /** Shows the time left; answers what a screen reader should be told of it, if anything. */
  tick(): string | undefined
  readonly isOverdue: boolean
  /** Says what went wrong under the number field, and lets the person try again. */
  complain(text: string): void
}

export interface Answers {
  approve(number: string | undefined): Promise<void>
  deny(): Promise<void>
}

/** One question: who, what, where and when first, then the number, then the two answers. All of it written as text. */
export function createRequestCard(approval: ApprovalView, answers: Answers): RequestCard {
  const element = copyOf('request')
  const number = part<HTMLInputElement>(element, 'number')
  const problem = part(element, 'problem')
  const countdown = new Countdown()
  const digits = approval.numberMatching
  let isAnswering = false
  let secondsTold = 0

  label(element, approval)
  fillFields(part(element, 'fields'), approval)
  part(element, 'number-field').hidden = digits === undefined
  part(element, 'number-label').textContent = 'Number shown on your computer'
  number.maxLength = digits ?? 0
  number.addEventListener('input', () => mark(''))
  element.querySelector('form')?.addEventListener('submit', (event) => {
    event.preventDefault()
    const typed = number.value.replace(/\s/g, '')
    if (digits !== undefined && !(typed.length === digits && /^\d+$/.test(typed))) {
      return complain(`Type the ${digits} digits your computer shows.`)
    }
    answer(() => answers.approve(digits === undefined ? undefined : typed))
  })
  part(element, 'deny').addEventListener('click', () => answer(answers.deny))

  async function answer(say: () => Promise<void>): Promise<void> {
    if (isAnswering) return
    setAnswering(true)
    await say()
    setAnswering(false)
  }

  function setAnswering(answering: boolean): void {
    isAnswering = answering
    // Not `disabled`: that would throw the keyboard's focus away.
    for (const button of element.querySelectorAll('button')) button.setAttribute('aria-disabled', String(answering))
  }

  function complain(text: string): void {
    mark(text)
    if (digits === undefined) return
    number.select()
    number.focus()
  }

  function mark(text: string): void {
    problem.textContent = text
    number.setAttribute('aria-invalid', String(text !== ''))
  }

  return {
    element,
    hear: (latest) => countdown.hear(latest),
    tick() {
      const left = countdown.secondsLeft
      if (left === undefined || left === secondsTold) return undefined
      const text = left > 0 ? `${inWords(left, LANGUAGE)} left to answer` : 'Time is up'
      part(element, 'time').textContent = text
      const isMark = ANNOUNCED_AT.some((mark) => left <= mark && mark < secondsTold)
      secondsTold = left
      return isMark ? text : undefined
    },
    get isOverdue() {
      return countdown.secondsLeft === 0
    },
    complain,
  }
}

let count = 0

/** Ties heading, field and problem together; ids must differ from card to card. */
function label(element: HTMLElement, { display }: ApprovalView): void {
  const id = `request-${++count}`
  const title = part(element, 'title')
  title.id = `${id}-title`
  title.textContent = display?.title ?? 'A question for you'
  element.setAttribute('aria-labelledby', title.id)
  part(element, 'message').textContent = display?.message ?? ''
  part(element, 'problem').id = `${id}-problem`
  part(element, 'number').setAttribute('aria-describedby', `${id}-problem`)
}

function fillFields(list: HTMLElement, { display, createdDate, serverDate }: ApprovalView): void {
  const fields = [...(display?.fields ?? []), { label: 'When', value: momentInWords(createdDate, serverDate) }]
  for (const { label, value } of fields) {
    const row = copyOf('field')
    row.querySelector('dt')?.append(label)
    row.querySelector('dd')?.append(value)
    list.append(row)
  }
}

/** The moment as the phone's own wall clock would have shown it; whether that is today, the hub's clock says. */
function momentInWords(moment: number, now: number): string {
  const [date, today] = [new Date(moment), new Date(now)]
  const time = date.toLocaleTimeString(LANGUAGE, { timeStyle: 'short' })
  return date.toDateString() === today.toDateString()
    ? `Today, ${time}`
    : `${date.toLocaleDateString(LANGUAGE, { dateStyle: 'medium' })}, ${time}`
}
