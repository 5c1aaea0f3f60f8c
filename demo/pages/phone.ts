import { type ApprovalView, AssentError, type ChallengeView, connectApprover, NOT_ME } from '../../client-sdk/index.ts'
import { createAnswerCard } from './answer-card.ts'
import { type AnswerText, DECIDED, withdrawnText } from './answer-texts.ts'
import { forgetPhoneKey, onNewPhoneKey, type PhoneKey, takePhoneKey } from './phone-key.ts'
import { registerWorker } from './register-worker.ts'
import { createRequestCard, type RequestCard } from './request-card.ts'
import { byId, moveTo } from './screen.ts'

const CONNECTION_TEXTS = {
  live: '',
  polling: 'Live connection blocked: checking every few seconds',
  offline: 'No connection: trying again',
} as const
const TICK_MS = 250

const title = byId('title')
const list = byId('requests')
const cards = new Map<string, RequestCard>()

void registerWorker()
onNewPhoneKey(() => location.reload())
const key = takePhoneKey()
if (key) connect(key)
else showTitle('This phone knows nobody yet', 'Open the link or scan the code on the bank’s page.')

function connect({ user, token }: PhoneKey): void {
  showTitle('Connecting', `This is the phone of ${user}.`)
  const approver = connectApprover({
    url: '',
    token,
    onPending(approvals) {
      for (const approval of approvals) hear(approval)
      showCount(user)
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
    onError() {
      forgetPhoneKey()
      cards.clear()
      list.replaceChildren()
      showTitle('This phone is no longer connected', 'Open the link or scan the code on the bank’s page again.')
    },
  })
  setInterval(tick, TICK_MS)

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
    }
    card.hear(approval)
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
      showCount(user)
      moveTo(title)
    })
    card.element.replaceWith(answerCard)
    showCount(user)
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
}

function showCount(user: string): void {
  const many = cards.size > 1 ? `${cards.size} questions for you` : 'Is this you?'
  const isQuiet = cards.size === 0 && list.childElementCount === 0
  showTitle(
    cards.size > 0 ? many : isQuiet ? 'Nothing to answer' : 'That is settled',
    isQuiet ? `When someone signs in to Harbour Bank as ${user}, you are asked here.` : '',
  )
  document.title = `${cards.size > 0 ? `(${cards.size}) ` : ''}Your phone · Harbour Bank`
}

function showTitle(text: string, explanation: string): void {
  title.textContent = text
  byId('explanation').textContent = explanation
}

function tick(): void {
  for (const card of cards.values()) {
    const told = card.tick()
    if (told) announce(told)
  }
}

function announce(text: string): void {
  byId('announcement').textContent = text
}
