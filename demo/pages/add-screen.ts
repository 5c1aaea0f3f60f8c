import type { Added, AddedType, MaybeIn, Session } from '../bank/bank-api.ts'
import { activateDevice, addDevice, dropPairing, isRefusal, removeDevice } from './bank-calls.ts'
import { ADDED } from './device-texts.ts'
import { canUsePasskeys, makePasskey } from './passkeys.ts'
import { NO_ANSWER, refusalText } from './refusal-texts.ts'
import { drawCode, showScan } from './scan-card.ts'
import { byId, moveTo } from './screen.ts'
import { wireTyped } from './typed-form.ts'
import { waitForPhone } from './wait-for-phone.ts'

export interface AddScreen {
  /** @param allowed what may be added */
  open(allowed: readonly AddedType[], lead: string): void
  /** Gives up what was begun. */
  leave(): void
}

type Panel = 'choose' | 'phone' | 'email' | 'code'
const PANELS: readonly Panel[] = ['choose', 'phone', 'email', 'code']

/** Adding a device, step by step. @param onAdded told who is signed in now, if that is new */
export function createAddScreen(onAdded: (session: Session | undefined) => void): AddScreen {
  const problem = byId('add-problem')
  let lead = ''
  let allowed: readonly AddedType[] = []
  /** What has been begun and is not active yet. */
  let pending: { readonly added: Added; readonly type: AddedType } | undefined
  let watching = new AbortController()

  const email = wireTyped('add-email', (typed) => attempt(() => begin('EMAIL', typed)))
  const code = wireTyped('add-otp', (otp) => attempt(() => activate({ otp })))
  byId('add-back').addEventListener('click', () => {
    leave()
    open(allowed, lead)
  })

  function open(types: readonly AddedType[], text: string): void {
    ;[allowed, lead] = [types, text]
    const items = types.map((type) => {
      const button = Object.assign(document.createElement('button'), { type: 'button' })
      const title = Object.assign(document.createElement('b'), { textContent: ADDED[type].title })
      const is = Object.assign(document.createElement('span'), { textContent: ADDED[type].text })
      button.append(title, is)
      button.addEventListener('click', async () => {
        problem.textContent = (await attempt(() => choose(type))) ?? ''
      })
      // There is no asking for one at an address of digits; why, the page says.
      button.hidden = type === 'FIDO2' && !canUsePasskeys()
      return button
    })
    byId('add-choices').replaceChildren(...items)
    byId('add-no-passkeys').hidden = canUsePasskeys() || !types.includes('FIDO2')
    show('choose', 'Add a device', lead)
  }

  async function choose(type: AddedType): Promise<string | undefined> {
    if (type !== 'EMAIL') return begin(type)
    email.clear()
    show('email', ADDED.EMAIL.title, 'A code is sent to it whenever you sign in with it.')
    email.focus()
    return undefined
  }

  /** Answers with what went wrong, if anything did. */
  async function begin(type: AddedType, address?: string): Promise<string | undefined> {
    const added = await addDevice(type, address)
    if (isRefusal(added)) return refusalText(added)
    pending = { added, type }
    if (type === 'MOBILE') showPhone(added)
    else if (type === 'FIDO2') return register(added)
    else showCode(type, added, address)
    return undefined
  }

  function showPhone({ id, code: pairing = '' }: Added): void {
    showScan('pair', 'pair', pairing)
    show(
      'phone',
      'Scan with your phone',
      'It opens the page on which you will be asked. The code is good for ten minutes.',
    )
    watching = new AbortController()
    void waitForPhone(id, watching.signal).then((answer) => {
      if (watching.signal.aborted) return
      if (answer) done(answer)
      else problem.textContent = 'This code is too old by now. Please begin again.'
    })
  }

  function showCode(type: AddedType, { secret = '', keyUri = '' }: Added, address = ''): void {
    code.clear()
    const isApp = type === 'TOTP'
    byId('add-secret').hidden = !isApp
    byId('add-secret-text').textContent = secret.match(/.{1,4}/g)?.join(' ') ?? ''
    byId<HTMLAnchorElement>('add-key-link').href = keyUri
    if (isApp) drawCode(byId<HTMLElement>('add-secret-qr'), keyUri)
    byId('add-email-hint').hidden = isApp
    if (isApp)
      show('code', 'Set up your code app', 'Scan this with it, or type the key, and then the code that it shows.')
    else show('code', 'Type the code', `We have sent it to ${address}.`)
    code.focus()
  }

  async function register({ id, passkeyOptions = '{}' }: Added): Promise<string | undefined> {
    const attestation = await makePasskey(passkeyOptions)
    if (attestation !== undefined) return activate({ attestation })
    await removeDevice(id)
    pending = undefined
    return 'No passkey was made. Perhaps this browser has one for you already.'
  }

  async function activate(proof: { otp: string } | { attestation: string }): Promise<string | undefined> {
    const answer = await activateDevice(pending?.added.id ?? '', proof)
    if (isRefusal(answer)) return refusalText(answer)
    done(answer)
    return undefined
  }

  function done({ session }: MaybeIn): void {
    pending = undefined
    watching.abort()
    onAdded(session)
  }

  function leave(): void {
    watching.abort()
    // Whether that reaches the bank is of no importance: it is forgotten by itself before long.
    if (pending?.type === 'MOBILE') dropPairing(pending.added.id).catch(() => undefined)
    else if (pending) removeDevice(pending.added.id).catch(() => undefined)
    pending = undefined
  }

  async function attempt(go: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      return await go()
    } catch {
      return NO_ANSWER
    }
  }

  function show(panel: Panel, title: string, text: string): void {
    for (const each of PANELS) byId(`add-${each}-panel`).hidden = each !== panel
    byId('add-back').hidden = panel === 'choose'
    byId('add-title').textContent = title
    byId('add-lead').textContent = text
    problem.textContent = ''
    moveTo(byId('add-title'))
  }

  return { open, leave }
}
