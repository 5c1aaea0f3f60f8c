import type { AssentWaiting } from '../../client-sdk/element/assent-waiting.ts'
import type { Session } from '../bank/bank-api.ts'
import { type Refusal, TYPES } from '../bank/bank-api.ts'
import { createAddScreen } from './add-screen.ts'
import {
  cancelSignOn,
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
import { resultText } from './result-texts.ts'
import { byId, LANGUAGE, moveTo } from './screen.ts'
import { createSecurityScreen } from './security-screen.ts'
import { drawSign } from './sign.ts'
import { createSignOnScreen } from './sign-on-screen.ts'
import { welcomeText } from './welcome-text.ts'

/** The wait's last word stays readable for a moment before the page moves on. Milliseconds. */
const LAST_WORD_MS = 800

const SECTIONS = ['sign-in', 'waiting', 'add', 'result', 'welcome', 'security'] as const
type Section = (typeof SECTIONS)[number]

const user = byId<HTMLInputElement>('user')
const problem = byId('sign-in-problem')
const wait = byId<AssentWaiting>('wait')
const signOn = createSignOnScreen()
const security = createSecurityScreen()
const add = createAddScreen((session) => (session ? welcome(session) : openSecurity()))
let isSending = false
/** Who adds their first device is not signed in yet. */
let isNewcomer = false
/** What began the wait, to begin it again. */
let again: () => Promise<void> = signIn

byId('sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault()
  void signIn()
})
onPress('sign-in-code', () => start(signInByCode))
onPress('sign-in-passkey', () => start(signInByPasskey))
onPress('cancel', () => cancelSignOn().catch(() => showResult('lost')))
onPress('again', () => (byId('again').dataset.outcome === 'timed_out' ? again() : show('sign-in')))
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
wait.addEventListener('assent-outcome', () => void finish())
wait.addEventListener('assent-error', () => showResult('lost'))

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
    show('waiting', { focus: false })
    signOn.begin(answer)
  })
}

async function signInByCode(): Promise<void> {
  const answer = await openCode()
  if (isRefusal(answer)) return refuse(answer)
  show('waiting', { focus: false })
  signOn.beginCode(answer)
}

async function signInByPasskey(): Promise<void> {
  const answer = await openPasskeySignOn()
  if (isRefusal(answer)) return refuse(answer)
  show('waiting', { focus: false })
  signOn.begin(answer)
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
  showResult(outcome)
}

/** The hub's word to this page is only a reason to ask the bank: the bank finds out for itself. */
async function finish(): Promise<void> {
  signOn.settle()
  byId('cancel').hidden = true
  try {
    const [answer] = await Promise.all([redeem(), pause(LAST_WORD_MS)])
    if (isRefusal(answer)) showResult(answer.outcome)
    else welcome(answer)
  } catch {
    showResult('lost')
  }
}

function welcome(who: Session): void {
  const time = new Date(who.approvedDate).toLocaleTimeString(LANGUAGE, { timeStyle: 'short' })
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

function showResult(outcome: string): void {
  const { sign, title, text, button } = resultText(outcome)
  drawSign(byId('result'), sign)
  byId('result-title').textContent = title
  byId('result-text').textContent = text
  byId('again').textContent = button
  byId('again').dataset.outcome = outcome
  show('result')
}

function show(section: Section, { focus = true } = {}): void {
  for (const each of SECTIONS) byId(each).hidden = each !== section
  byId('cancel').hidden = section !== 'waiting'
  const heading = byId(`${section}-title`)
  document.title = `${heading.textContent} · Harbour Bank`
  if (section !== 'waiting') signOn.leave()
  if (focus) moveTo(heading)
}

function complain(text: string): void {
  problem.textContent = text
  user.setAttribute('aria-invalid', String(text !== ''))
}

function onPress(id: string, act: () => unknown): void {
  byId(id).addEventListener('click', () => void act())
}
