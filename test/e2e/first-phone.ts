import { Phone } from '../support/phone.ts'

/** What the bank's page shows, as a QR code, to somebody who has no device yet. */
export async function pairingCode(demoUrl: string, user: string): Promise<string> {
  const post = async (what: string, body: object, cookie = '') => {
    const headers = { 'content-type': 'application/json', cookie }
    const response = await fetch(`${demoUrl}bank/${what}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`)
    return response
  }
  const [cookie = ''] = (await post('sign-ons', { user })).headers.getSetCookie()
  const added = await post('devices', { type: 'MOBILE' }, cookie.split(';', 1)[0])
  return ((await added.json()) as { code: string }).code
}

/** Somebody's first phone, without a screen: it can be asked, and nobody looks at it. */
export async function givePhone(demoUrl: string, user: string): Promise<Phone> {
  const phone = new Phone()
  const { status } = await phone.claim({ url: new URL(demoUrl).origin }, await pairingCode(demoUrl, user))
  if (status !== 201) throw new Error(`the phone of ${user} was not paired: ${status}`)
  return phone
}
