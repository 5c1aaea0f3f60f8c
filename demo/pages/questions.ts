import { type ApprovalView, AssentError, type ChallengeView, NOT_ME, type Phone } from '../../client-sdk/index.ts'
import { createAnswerCard } from './answer-card.ts'
import { type AnswerText, DECIDED, withdrawnText } from './answer-texts.ts'
import { createRequestCard, type RequestCard } from './request-card.ts'
import { byId, moveTo } from './screen.ts'

const CONNECTION_TEXTS = {
  live: '',
  polling: 'Live connection blocked: checking every few seconds',
  offline: 'No connection: trying again',
} as const

export interface Questions {
  /** Shows the time left on each. */
  tick(): void
  close(): void
}

export interface QuestionsOptions {
  readonly phone: Phone
  readonly announce: (text: string) => void
  /** Told when there are more or fewer. `isQuiet`: nothing is shown at all. */
  readonly onCount: (count: number, isQuiet: boolean) => void
  /** Nothing is heard of the hub any more, and why. */
  readonly onLost: (error: AssentError) => void
}

/** What is asked of this phone's owner, and what they answer. */
export function showQuestions({ phone, announce, onCount, onLost }: QuestionsOptions): Questions {
  const list = byId('requests')
  const cards = new Map<string, RequestCard>()
  const approver = phone.connect({
    onPending(approvals) {
      for (const approval of approvals) hear(approval)
      count()
    },
    onRequested(approval) {
      // What was answered before is history by now, and must not be taken for the answer to this.
      for (const answer of list.querySelectorAll('.settled')) answer.remove()
      announce(`New: ${approval.display?.title ?? 'a question for you'}`)
    },
    onWithdrawn({ challenge, challengeStatus }) {
      // A list read over HTTP only lacks it; why, the clock may know.
      const isLate = challengeStatus === 'withdrawn' && cards.get(challenge)?.isOverdue
      const why = withdrawnText(isLate ? 'timed_out' : challengeStatus)
      announce(`${why.title}. ${why.text}`)
      settle(challenge, why)
    },
    onConnection: (connection) => byId('connection').replaceChildren(CONNECTION_TEXTS[connection]),
    onError: onLost,
  })
  document.addEventListener('visibilitychange', sayWhatIsSeen)

  function hear(approval: ApprovalView): void {
    const { challenge } = approval
    let card = cards.get(challenge)
    if (!card) {
      card = createRequestCard(approval, {
        approve: (number) => decide(challenge, DECIDED.approved, approver.approve(challenge, number ? { number } : {})),
        // The button says "this isn’t me".
        deny: () => decide(challenge, DECIDED.denied, approver.deny(challenge, { reason: NOT_ME })),
      })
      cards.set(challenge, card)
      list.append(card.element)
      if (!document.hidden) approver.seen(challenge)
    }
    card.hear(approval)
  }

  function sayWhatIsSeen(): void {
    if (!document.hidden) for (const challenge of cards.keys()) approver.seen(challenge)
  }

  async function decide(challenge: string, answer: AnswerText, deciding: Promise<ChallengeView>): Promise<void> {
    try {
      await deciding
      settle(challenge, answer, { focus: true })
    } catch (error) {
      explain(challenge, error)
    }
  }

  /** Puts the answer where the question stood. */
  function settle(challenge: string, answer: AnswerText, { focus = false } = {}): void {
    const card = cards.get(challenge)
    if (!card) return
    cards.delete(challenge)
    const hadFocus = card.element.contains(document.activeElement)
    const answerCard = createAnswerCard(answer, () => {
      answerCard.remove()
      count()
      moveTo(byId('title'))
    })
    card.element.replaceWith(answerCard)
    count()
    if (focus || hadFocus) moveTo(answerCard.querySelector('h2'))
  }

  function explain(challenge: string, error: unknown): void {
    if (!(error instanceof AssentError)) return
    const left = error.attemptsRemaining ?? 0
    if (error.code === 'number_mismatch' && left > 0) {
      cards.get(challenge)?.complain(`That is not the number. ${left === 1 ? 'One try' : `${left} tries`} left.`)
    } else if (error.code === 'number_mismatch') {
      settle(challenge, DECIDED.wrongNumbers, { focus: true })
    } else if (error.code === 'challenge_complete' || error.code === 'challenge_not_found') {
      const record = error.record as ChallengeView | undefined
      settle(challenge, withdrawnText(record?.challengeStatus ?? ''), { focus: true })
    } else {
      cards.get(challenge)?.complain('No answer from Harbour Bank. Please try again.')
    }
  }

  function count(): void {
    onCount(cards.size, cards.size === 0 && list.childElementCount === 0)
  }

  return {
    tick() {
      for (const card of cards.values()) {
        const told = card.tick()
        if (told) announce(told)
      }
    },
    close() {
      document.removeEventListener('visibilitychange', sayWhatIsSeen)
      approver.close()
      byId('connection').replaceChildren()
      cards.clear()
      list.replaceChildren()
    },
  }
}
