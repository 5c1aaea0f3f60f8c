import { createTransport } from 'nodemailer'
import { type Carrier, DeliveryFailed } from './delivery.ts'

/** A server that does not take a message within so long does not take it. Milliseconds. */
const PATIENCE_MS = 10_000
const LATE = 'no answer in time'

export interface SmtpOptions {
  /** `smtp://user:password@host:port`, or `smtps://`. */
  readonly url: string
  /** `Assent <no-reply@example.com>` */
  readonly from: string
}

/** E-mail by SMTP. */
export function smtpCarrier({ url, from }: SmtpOptions): Carrier {
  const patience = { connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS }
  const transport = createTransport({ url, ...patience })
  return {
    deliver: async ({ id, to, subject, text, locale }) => {
      const headers = { 'Content-Language': locale, 'Auto-Submitted': 'auto-generated' }
      const [, domain = 'assent'] = /@([\w.-]+)/.exec(from) ?? []
      try {
        const sent = transport.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          headers,
          messageId: `<${id}@${domain}>`,
        })
        await inTime(sent)
      } catch (error) {
        throw new DeliveryFailed(`The mail server did not take the message: ${codeOf(error)}.`)
      }
    },
  }
}

/** Its own patience is for each step of the conversation, of which a slow server can make many. */
async function inTime(sent: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(LATE)), PATIENCE_MS)
  })
  await Promise.race([sent, late]).finally(() => clearTimeout(timer))
}

/** What a server says in words may name the recipient, or say back what it was told in confidence. */
function codeOf(error: unknown): string {
  const { code, responseCode, message } = error as { code?: string; responseCode?: number; message?: string }
  if (responseCode !== undefined) return `${code} ${responseCode}`
  return code ?? (message === LATE ? LATE : 'unknown')
}
