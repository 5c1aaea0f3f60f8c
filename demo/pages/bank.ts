import { type Refusal, type Session, TYPES } from '../bank/bank-api.ts'
import { createAccountScreen } from './account-screen.ts'
import { createAddScreen } from './add-screen.ts'
import {
  cancelSignOn,
  checkAssertion,
  checkCode,
  chooseDevice,
  findSession,
  isRefusal,
  openCode,
  openPasskeySignOn,
  openSignOn,
  pause,
  redeem,
  signOut,
} from './bank-calls.ts'
import { canUsePasskeys } from './passkeys.ts'
import { type ResultText, resultText } from './result-texts.ts'
import { byId, LANGUAGE, moveTo } from './screen.ts'
import { createSecurityScreen } from './security-screen.ts'
import { drawSign } from './sign.ts'
import { createTransferFlow } from './transfer-flow.ts'
import { createWaitingScreen, LAST_WORD_MS, type Proving } from './waiting-screen.ts'
import { welcomeText } from './welcome-text.ts'

const SECTIONS = ['sign-in', 'waiting', 'add', 'result', 'welcome', 'security'] as const
type Section = (typeof SECTIONS)[number]

const user = byId<HTMLInputElement>('user')
const problem = byId('sign-in-problem')
const waiting = createWaitingScreen()
const showWaiting = () => show('waiting', { focus: false })
const showAccount = createAccountScreen(
  createTransferFlow({
    waiting,
    showWaiting,
    showResult: (text) => showResult(text, () => show('welcome')),
  }),
)
const security = createSecurityScreen()
const add = createAddScreen((session) => (session ? welcome(session) : openSecurity()))
let isSending = false
/** Who adds their first device is not signed in yet. */
let isNewcomer = false
/** What began the wait, to begin it again. */
let again: () => Promise<void> = signIn
/** What the button under a result does. */
let afterResult: () => void = () => show('sign-in')

const signOn: Proving = {
  question: { title: 'How shall we know you?', lead: 'Choose one of the ways that you have.' },
  choose: chooseDevice,
  checkCode,
  checkAssertion,
  cancel: cancelSignOn,
  finish,
  lose: () => showOutcome('lost'),
}

byId('sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault()
  void signIn()
})
onPress('sign-in-code', () => start(signInByCode))
onPress('sign-in-passkey', () => start(signInByPasskey))
onPress('again', () => afterResult())
onPress('to-security', openSecurity)
onPress('add-device', () => openAdd(false))
onPress('add-cancel', () => {
  add.leave()
  return isNewcomer ? show('sign-in') : openSecurity()
})
onPress('to-welcome', () => show('welcome'))
onPress('sign-out', async () => {
  await signOut()
  show('sign-in')
})

byId('sign-in-passkey').hidden = !canUsePasskeys()
const session = await findSession().catch(() => undefined)
if (session) welcome(session)
else show('sign-in', { focus: false })

function signIn(): Promise<void> {
  return start(async () => {
    const timeout = new URLSearchParams(location.search).get('timeout')
    const answer = await openSignOn(user.value.trim(), timeout, canUsePasskeys())
    if (isRefusal(answer)) return refuse(answer)
    if ('newcomer' in answer) return openAdd(true)
    showWaiting()
    waiting.begin(answer, signOn)
  })
}

async function signInByCode(): Promise<void> {
  const answer = await openCode()
  if (isRefusal(answer)) return refuse(answer)
  showWaiting()
  waiting.beginCode(answer, signOn)
}

async function signInByPasskey(): Promise<void> {
  const answer = await openPasskeySignOn()
  if (isRefusal(answer)) return refuse(answer)
  showWaiting()
  waiting.begin(answer, signOn)
}

/** A second press while the first is under way must not ask anybody twice. */
async function start(begin: () => Promise<void>): Promise<void> {
  if (isSending) return
  isSending = true
  again = () => start(begin)
  try {
    complain('')
    await begin()
  } catch {
    show('sign-in')
    complain('That did not work. Letters and digits make a user name; if yours is right, please try again in a moment.')
    user.focus()
  } finally {
    isSending = false
  }
}

function refuse({ outcome }: Refusal): void {
  showOutcome(outcome)
}

/** The hub's word to this page is only a reason to ask the bank: the bank finds out for itself. */
async function finish(): Promise<void> {
  try {
    const [answer] = await Promise.all([redeem(), pause(LAST_WORD_MS)])
    if (isRefusal(answer)) showOutcome(answer.outcome)
    else welcome(answer)
  } catch {
    showOutcome('lost')
  }
}

function welcome(who: Session): void {
  const time = new Date(who.approvedDate).toLocaleTimeString(LANGUAGE, { timeStyle: 'short' })
  byId<HTMLFormElement>('transfer-form').reset()
  byId('welcome-title').textContent = `Welcome, ${who.user.charAt(0).toUpperCase()}${who.user.slice(1)}`
  byId('welcome-text').textContent = welcomeText(who.by, time)
  show('welcome')
}

function openAdd(asNewcomer: boolean): void {
  isNewcomer = asNewcomer
  show('add', { focus: false })
  const lead = `${user.value.trim()} has no device here yet. How do you want to sign in from now on?`
  add.open(asNewcomer ? TYPES : security.allowed(), asNewcomer ? lead : 'What do you want to sign in with, too?')
}

async function openSecurity(): Promise<void> {
  byId('security-news').textContent = ''
  await security.open()
  show('security')
}

/** How a sign-on ended. */
function showOutcome(outcome: string): void {
  showResult(resultText(outcome), () => (outcome === 'timed_out' ? again() : show('sign-in')))
}

function showResult({ sign, title, text, button }: ResultText, after: () => unknown): void {
  afterResult = () => void after()
  drawSign(byId('result'), sign)
  byId('result-title').textContent = title
  byId('result-text').textContent = text
  byId('again').textContent = button
  show('result')
}

function show(section: Section, { focus = true } = {}): void {
  for (const each of SECTIONS) byId(each).hidden = each !== section
  byId('cancel').hidden = section !== 'waiting'
  const heading = byId(`${section}-title`)
  document.title = `${heading.textContent} · Harbour Bank`
  if (section !== 'waiting') waiting.leave()
  if (section === 'welcome') void showAccount()
  if (focus) moveTo(heading)
}

function complain(text: string): void {
  problem.textContent = text
  user.setAttribute('aria-invalid', String(text !== ''))
}

function onPress(id: string, act: () => unknown): void {
  byId(id).addEventListener('click', () => void act())
}
