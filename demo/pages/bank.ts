import { type AssentWaiting, defineAssentWaiting } from '../../client-sdk/element/assent-waiting.ts'
import { cancelSignOn, findSession, openSignOn, pause, redeem, type Session, signOut } from './bank-calls.ts'
import { offerPhone } from './phone-offer.ts'
import { resultText } from './result-texts.ts'
import { byId, LANGUAGE, moveTo } from './screen.ts'
import { drawSign } from './sign.ts'

/** The wait's last word stays readable for a moment before the page moves on. Milliseconds. */
const LAST_WORD_MS = 800
/** When a person begins to wonder whether anything has arrived. Milliseconds. */
const HELP_AFTER_MS = 12_000
const HELP = 'Nothing on your phone? Open its page with the code or the link on this page: the question waits there.'

const SECTIONS = ['sign-in', 'waiting', 'result', 'welcome'] as const
const user = byId<HTMLInputElement>('user')
const problem = byId('sign-in-problem')
let help: ReturnType<typeof setTimeout> | undefined
let isSending = false

defineAssentWaiting()
const wait = byId<AssentWaiting>('wait')

byId('sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault()
  signIn()
})
user.addEventListener('change', () => user.value.trim() && offerPhone(user.value.trim()))
wait.addEventListener('assent-outcome', finish)
wait.addEventListener('assent-error', () => showResult('lost'))
byId('cancel').addEventListener('click', () => cancelSignOn().catch(() => showResult('lost')))
byId('again').addEventListener('click', ({ currentTarget }) => {
  if (currentTarget instanceof HTMLElement && currentTarget.dataset.outcome === 'timed_out') signIn()
  else show('sign-in')
})
byId('sign-out').addEventListener('click', async () => {
  await signOut()
  show('sign-in')
})

offerPhone(user.value)
const session = await findSession().catch(() => undefined)
if (session) welcome(session)
else show('sign-in', { focus: false })

async function signIn(): Promise<void> {
  // A second press while the first is under way must not ask the phone twice.
  if (isSending) return
  isSending = true
  try {
    const signOn = await openSignOn(user.value.trim(), new URLSearchParams(location.search).get('timeout'))
    if ('outcome' in signOn) return showResult(signOn.outcome)
    say('')
    offerPhone(user.value.trim())
    show('waiting')
    wait.token = signOn.waitToken
    help = setTimeout(() => byId('waiting-help').replaceChildren(HELP), HELP_AFTER_MS)
  } catch {
    show('sign-in')
    say('That did not work. Letters and digits make a user name; if yours is right, please try again in a moment.')
    user.focus()
  } finally {
    isSending = false
  }
}

/** The hub's word to this page is only a reason to ask the bank: the bank finds out for itself. */
async function finish(): Promise<void> {
  clearTimeout(help)
  byId('waiting-help').replaceChildren()
  byId('cancel').hidden = true
  try {
    const [answer] = await Promise.all([redeem(), pause(LAST_WORD_MS)])
    if ('user' in answer) welcome(answer)
    else showResult(answer.outcome)
  } catch {
    showResult('lost')
  }
}

function welcome({ user: name, approvedDate }: Session): void {
  const time = new Date(approvedDate).toLocaleTimeString(LANGUAGE, { timeStyle: 'short' })
  byId('welcome-title').textContent = `Welcome, ${name.charAt(0).toUpperCase()}${name.slice(1)}`
  byId('welcome-text').textContent = `Approved on your phone, ${time}.`
  show('welcome')
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

function show(section: (typeof SECTIONS)[number], { focus = true } = {}): void {
  clearTimeout(help)
  for (const each of SECTIONS) byId(each).hidden = each !== section
  byId('cancel').hidden = section !== 'waiting'
  byId('phone').hidden = section === 'welcome' || section === 'result'
  const heading = byId(`${section}-title`)
  document.title = `${heading.textContent} · Harbour Bank`
  if (section !== 'waiting') wait.token = null
  if (focus) moveTo(heading)
}

function say(text: string): void {
  problem.textContent = text
  user.setAttribute('aria-invalid', String(text !== ''))
}
