import type { Carrier } from './delivery.ts'
import { post } from './post.ts'

export interface TwilioOptions {
  readonly accountSid: string
  readonly authToken: string
  /** The number messages and calls come from, in E.164. */
  readonly from: string
  /** Default: Twilio's own. */
  readonly url?: string | undefined
}

const TWILIO = 'https://api.twilio.com'

/** SMS and voice by Twilio's HTTP API of 2010-04-01, as forms. */
export function twilioCarrier({ accountSid, authToken, from, url = TWILIO }: TwilioOptions): Carrier {
  const account = `${url}/2010-04-01/Accounts/${accountSid}`
  const headers = {
    authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  return {
    deliver: async ({ method, to, extension, text, locale }) => {
      const form =
        method === 'VOICE'
          ? {
              To: to,
              From: from,
              Twiml: spoken(text, locale),
              // Twilio waits half a second for each `w`.
              ...(extension !== undefined && { SendDigits: extension.replaceAll(',', 'ww') }),
            }
          : { To: to, From: from, Body: text }
      const resource = method === 'VOICE' ? 'Calls' : 'Messages'
      await post(`${account}/${resource}.json`, headers, new URLSearchParams(form).toString())
    },
  }
}

/** Said three times: who is called has to find something to write with. */
function spoken(text: string, locale: string): string {
  return `<Response><Say language="${escaped(locale)}" loop="3">${escaped(text)}</Say></Response>`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (each) => ESCAPES[each] ?? each)
}
