import { createPhone, type Pairing } from '../../client-sdk/index.ts'
import { createClaimForm } from './claim-form.ts'
import { createOwnCode } from './own-code.ts'
import { createPairForm } from './pair-form.ts'
import { onPhoneLink, type PhoneLink, takePhoneLink } from './phone-link.ts'
import { pressTwice } from './press-twice.ts'
import { createPushSwitch } from './push-switch.ts'
import { type Questions, showQuestions } from './questions.ts'
import { registerWorker } from './register-worker.ts'
import { byId, moveTo } from './screen.ts'

const TICK_MS = 250
const TITLE = 'Your phone · Harbour Bank'

const phone = createPhone({ url: '' })
const pairForm = createPairForm(phone, (pairing) => {
  begin(pairing)
  moveTo(byId('title'))
})
const claim = createClaimForm(phone, announce)
let questions: Questions | undefined
let drawOwnCode: (() => void) | undefined

void registerWorker()
onPhoneLink((link) => void follow(link))
pressTwice(byId('forget'), 'Really forget me?', () => void forget())
setInterval(() => {
  questions?.tick()
  drawOwnCode?.()
}, TICK_MS)

const HOW_TO_PAIR = 'Scan the code on the bank’s page with this phone, or type it here.'

const link = takePhoneLink()
const pairing = await phone.paired()
if (pairing) begin(pairing)
else end('This phone knows nobody yet', HOW_TO_PAIR)
if (link) await follow(link)

async function forget(): Promise<void> {
  await phone.forget()
  end('This phone knows nobody yet', HOW_TO_PAIR)
  moveTo(byId('title'))
}

async function follow({ kind, code }: PhoneLink): Promise<void> {
  const known = await phone.paired()
  if (kind === 'sign-on' && known) return claim(code)
  if (kind === 'sign-on') return end('This phone knows nobody yet', 'Make it yours first. Then scan the code again.')
  // A link alone makes it nobody's: a person presses the button, and sees whose it was.
  pairForm.show(code)
  if (known) byId('pair-warning').textContent = `This phone is ${known.user}’s, and would not be any more.`
  byId('pair-code-form').querySelector('button')?.focus()
}

function begin({ user, ...rest }: Pairing): void {
  questions?.close()
  pairForm.hide()
  byId('pair-warning').textContent = ''
  byId('tools').hidden = false
  showTitle('Connecting', `This is the phone of ${user}.`)
  drawOwnCode = createOwnCode({ user, ...rest })
  questions = showQuestions({
    phone,
    announce,
    onCount: (count, isQuiet) => showCount(user, count, isQuiet),
    async onLost({ code }) {
      // The hub does not know this phone any more. Anything else may pass, and a key is not thrown away for it.
      if (code === 'NOT_FOUND') await phone.forget()
      end(
        'This phone is no longer connected',
        code === 'NOT_FOUND' ? HOW_TO_PAIR : 'Please open this page again later.',
      )
    },
  })
  void createPushSwitch(phone)
}

/** It is nobody's any more, or not yet. */
function end(title: string, explanation: string): void {
  questions?.close()
  questions = undefined
  drawOwnCode = undefined
  byId('tools').hidden = true
  announce('')
  document.title = TITLE
  showTitle(title, explanation)
  pairForm.show()
}

function showCount(user: string, count: number, isQuiet: boolean): void {
  const many = count > 1 ? `${count} questions for you` : 'Is this you?'
  showTitle(
    count > 0 ? many : isQuiet ? 'Nothing to answer' : 'That is settled',
    isQuiet ? `When someone signs in to Harbour Bank as ${user}, you are asked here.` : '',
  )
  document.title = `${count > 0 ? `(${count}) ` : ''}${TITLE}`
}

function showTitle(text: string, explanation: string): void {
  byId('title').textContent = text
  byId('explanation').textContent = explanation
}

function announce(text: string): void {
  byId('announcement').textContent = text
}
