import { AssentError, type Pairing, type Phone, type PhoneDescription } from '../../client-sdk/index.ts'
import { browserName, systemName } from '../browser-name.ts'
import { byId } from './screen.ts'
import { wireTyped } from './typed-form.ts'

/** What the hub calls the application that this page is. */
const APPLICATION = { id: 'assent', nativeName: 'Harbour Bank', version: '1' }

export interface PairForm {
  /** Shows it, with the code that was scanned, if one was. */
  show(code?: string): void
  hide(): void
}

/** Makes this phone somebody's: their code is typed, or came with the link, and they press the button. */
export function createPairForm(phone: Phone, onPaired: (pairing: Pairing) => void): PairForm {
  const name = byId<HTMLInputElement>('phone-name')
  const typed = wireTyped('pair-code', async (code) => {
    try {
      onPaired(await phone.pair(code, describe(name.value.trim())))
      return undefined
    } catch (error) {
      return whyNot(error)
    }
  })
  name.value = browserName(navigator.userAgent)

  return {
    show(code = '') {
      byId('pairing').hidden = false
      // Keys are kept for nobody whose words could have been changed on the way.
      byId('insecure').hidden = isSecureContext
      byId('pair-code-form').hidden = !isSecureContext
      typed.clear()
      byId<HTMLInputElement>('pair-code').value = code
    },
    hide() {
      byId('pairing').hidden = true
    },
  }
}

function describe(name: string): PhoneDescription {
  const os = systemName(navigator.userAgent)
  return {
    name: name || browserName(navigator.userAgent),
    application: APPLICATION,
    ...(os !== undefined && { os: { type: os } }),
  }
}

function whyNot(error: unknown): string {
  if (!(error instanceof AssentError)) return 'This browser could not make a key.'
  if (error.code === 'NOT_FOUND' || error.code === 'INVALID_DATA') {
    return 'This code is none, or too old, or has been used. Have the bank’s page show a new one.'
  }
  if (error.code === 'REQUEST_LIMITED') return 'That was a little often. Please try again in a minute.'
  return 'No answer from Harbour Bank. Please try again.'
}
