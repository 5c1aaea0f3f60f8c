import { type AssentWaiting, defineAssentWaiting } from '../../client-sdk/element/assent-waiting.ts'
import type { PageView } from '../../server/protocol/challenge.ts'
import type { Refusal, SignOn, SignOnCode, Step, Way } from '../bank/bank-api.ts'
import { isRefusal } from './bank-calls.ts'
import { nameOf, offerOf } from './device-texts.ts'
import { usePasskey } from './passkeys.ts'
import { NO_ANSWER, NO_PASSKEY, refusalText } from './refusal-texts.ts'
import { showScan } from './scan-card.ts'
import { byId, moveTo } from './screen.ts'
import { wireTyped } from './typed-form.ts'
import { HELP, progressOf, type Shown, type Titled, textsOf } from './waiting-texts.ts'

/** The wait's last word stays readable for a moment before the page moves on. Milliseconds. */
export const LAST_WORD_MS = 800

/** What is shown by turns. */
const PARTS = ['scan', 'otp-form', 'use-passkey', 'resend', 'email-hint']

/** When a person begins to wonder whether anything has arrived. Milliseconds. */
const HELP_AFTER_MS = 12_000

/** What somebody proves themselves for, and how each step of it is taken. */
export interface Proving {
  /** What it is for, in a few words: it stays in sight at every step. */
  readonly about?: string
  /** What stands above the ways to choose from. */
  readonly question: Titled
  choose(way: string): Promise<Step | Refusal>
  checkCode(otp: string): Promise<Step | Refusal>
  checkAssertion(assertion: string): Promise<Step | Refusal>
  /** The person gave up. */
  cancel(): Promise<void>
  /** The wait is over, and its last word can be read. */
  finish(view: PageView): Promise<void>
  /** Nobody says any more how it ends. */
  lose(): void
}

export interface WaitingScreen {
  begin(signOn: SignOn, proving: Proving): void
  beginCode(code: SignOnCode, proving: Proving): void
  /** Waits for nothing any more. */
  leave(): void
}

/** The page while it waits, whatever a person proves themselves for, and whichever way. It waits on one challenge all the while. */
export function createWaitingScreen(): WaitingScreen {
  defineAssentWaiting()
  const wait = byId<AssentWaiting>('wait')
  const waysList = byId('ways-list')
  const problem = byId('way-problem')
  let proving: Proving | undefined
  let step: Step | undefined
  let help: ReturnType<typeof setTimeout> | undefined

  const otp = wireTyped('otp', (typed) => attempt((now) => now.checkCode(typed)))
  byId('use-passkey').addEventListener('click', () => void sign())
  byId('resend').addEventListener('click', () => step?.device && void choose(step.device))
  const lose = () => proving?.lose()
  byId('cancel').addEventListener('click', () => void proving?.cancel().catch(lose))
  wait.addEventListener('assent-status', ({ detail }) => hear(detail))
  wait.addEventListener('assent-outcome', ({ detail }) => {
    settle()
    void proving?.finish(detail)
  })
  wait.addEventListener('assent-error', lose)

  function begin({ waitToken, ...first }: SignOn, now: Proving): void {
    proving = now
    wait.token = waitToken
    take(first)
  }

  function beginCode({ waitToken, code }: SignOnCode, now: Proving): void {
    proving = now
    wait.token = waitToken
    step = undefined
    showScan('scan', 'sign-on', code)
    show('scan')
  }

  function take(next: Step): void {
    step = next
    if (next.status === 'ASSERTION_REQUIRED') {
      show('passkey')
      void sign()
    } else if (next.status === 'OTP_REQUIRED') show('code')
    else if (next.status === 'PUSH_CONFIRMATION_REQUIRED') show('push')
    else if (next.status === 'DEVICE_SELECTION_REQUIRED') show('choice')
  }

  function show(shown: Shown): void {
    if (!proving) return
    const way = step?.ways.find(({ id }) => id === step?.device)
    const { title, lead } = shown === 'choice' ? proving.question : textsOf(shown, way)
    byId('waiting').dataset.shown = shown
    byId('waiting-title').textContent = title
    byId('waiting-lead').textContent = [proving.about, lead].filter(Boolean).join(' ')
    document.title = `${title} · Harbour Bank`
    for (const name of PARTS) byId(name).hidden = true
    byId('scan').hidden = shown !== 'scan'
    byId('otp-form').hidden = shown !== 'code'
    byId('use-passkey').hidden = shown !== 'passkey'
    byId('resend').hidden = !(shown === 'code' && way?.type === 'EMAIL')
    byId('email-hint').hidden = !(shown === 'code' && way?.type === 'EMAIL')
    problem.textContent = ''
    otp.clear()
    offer(shown, way)
    clearTimeout(help)
    byId('waiting-help').replaceChildren()
    if (shown === 'push') help = setTimeout(() => byId('waiting-help').replaceChildren(HELP), HELP_AFTER_MS)
    if (shown === 'code') otp.focus()
    else moveTo(byId('waiting-title'))
  }

  /** Only what the person has is offered, and not what is being asked already. */
  function offer(shown: Shown, current: Way | undefined): void {
    const others = (step?.ways ?? []).filter((way) => way !== current || (way.type === 'MOBILE' && shown === 'code'))
    const items = others.map((way) => button(offerOf(way), () => choose(way.id)))
    if (current?.type === 'MOBILE' && shown === 'push') {
      items.push(button(`Type the code that ${nameOf(current)} shows`, async () => show('code')))
    }
    const ways = byId<HTMLDetailsElement>('ways')
    ways.open = shown === 'choice'
    ways.hidden = items.length === 0
    waysList.replaceChildren(...items)
  }

  async function choose(device: string): Promise<void> {
    problem.textContent = (await attempt((now) => now.choose(device))) ?? ''
  }

  async function sign(): Promise<void> {
    const asked = step
    const assertion = await usePasskey(asked?.passkeyOptions ?? '{}')
    // Another way was chosen while the browser asked.
    if (asked !== step) return
    problem.textContent = (assertion ? await attempt((now) => now.checkAssertion(assertion)) : NO_PASSKEY) ?? ''
  }

  /** Goes one step on; answers with what went wrong. */
  async function attempt(go: (now: Proving) => Promise<Step | Refusal>): Promise<string | undefined> {
    if (!proving) return undefined
    try {
      const answer = await go(proving)
      if (isRefusal(answer)) return refusalText(answer)
      take(answer)
      return undefined
    } catch {
      return NO_ANSWER
    }
  }

  function hear(view: PageView): void {
    const { shown } = byId('waiting').dataset
    const told = progressOf(shown, view)
    if (told === undefined) return
    if (shown === 'scan') show('claimed')
    clearTimeout(help)
    byId('waiting-help').textContent = told
  }

  /** Leaves only the last word of the wait. */
  function settle(): void {
    clearTimeout(help)
    byId('waiting').dataset.shown = 'over'
    byId('waiting-help').replaceChildren()
    byId('waiting-lead').textContent = ''
    for (const name of [...PARTS, 'ways', 'cancel']) byId(name).hidden = true
    problem.textContent = ''
  }

  function leave(): void {
    clearTimeout(help)
    step = undefined
    proving = undefined
    wait.token = null
  }

  return { begin, beginCode, leave }
}

function button(text: string, act: () => Promise<unknown>): HTMLLIElement {
  const item = document.createElement('li')
  const pressed = Object.assign(document.createElement('button'), { type: 'button', textContent: text })
  pressed.addEventListener('click', () => void act())
  item.append(pressed)
  return item
}
