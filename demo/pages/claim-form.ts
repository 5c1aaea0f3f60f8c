import { AssentError, type Phone } from '../../client-sdk/index.ts'
import { canScan, scanLink } from './scan-link.ts'
import { byId } from './screen.ts'
import { wireTyped } from './typed-form.ts'

/**
 * Signs this phone's owner on where a code is shown: typed, scanned, or come by a link. Claiming is no yes: that is asked
 * for next.
 * @param announce tells a screen reader
 * @returns claims a code that came by a link
 */
export function createClaimForm(phone: Phone, announce: (text: string) => void): (code: string) => Promise<void> {
  const scan = byId('scan')
  const form = wireTyped('claim-code', claim)
  scan.hidden = !canScan()
  scan.addEventListener('click', async () => {
    const link = await scanLink(byId<HTMLVideoElement>('camera')).catch(() => undefined)
    if (link) form.clear(await claim(link.code))
    else form.clear('The camera has read no code of Harbour Bank’s. You can type it as well.')
  })

  async function claim(code: string): Promise<string | undefined> {
    try {
      const { status } = await phone.claimCode(code)
      form.clear()
      announce(status === 'CLAIMED' ? 'The code is yours. Please answer the question.' : 'Signed in.')
      return undefined
    } catch (error) {
      return whyNot(error)
    }
  }

  return async (code) => {
    const wrong = await claim(code)
    form.clear(wrong)
    // A link leads here while the form is folded away: what it came to is seen only if that is opened.
    const tools = byId('claim-code-form').closest('details')
    if (wrong !== undefined && tools) tools.open = true
  }
}

function whyNot(error: unknown): string {
  const code = error instanceof AssentError ? error.code : undefined
  if (code === 'NOT_FOUND' || code === 'INVALID_DATA' || code === 'REQUEST_FAILED') {
    return 'This code is none, or too old, or has been used. Have the bank’s page show a new one.'
  }
  if (code === 'REQUEST_LIMITED')
    return 'You may not be asked for a while: you have said that it wasn’t you, or there were too many. Please try again later.'
  return 'No answer from Harbour Bank. Please try again.'
}
