import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterEach, describe, expect, it } from 'vitest'
import { openCarriers } from '../../server/delivery/carriers.ts'
import { DeliveryFailed, type DeliveryMethod, type Message } from '../../server/delivery/delivery.ts'
import { smtpCarrier } from '../../server/delivery/smtp.ts'
import { twilioCarrier } from '../../server/delivery/twilio.ts'
import { webhookCarrier } from '../../server/delivery/webhook.ts'
import { Provider, WEBHOOK_SECRET } from '../support/provider.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const message = (method: DeliveryMethod, more: Partial<Message> = {}): Message => ({
  id: 'message-1',
  method,
  to: method === 'EMAIL' ? 'ada@example.com' : '+49301234567',
  text: 'Your code is 123456 & <no> other.',
  locale: 'en',
  ...more,
})

interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
}

/** A mail server, as nodemailer's own authors test with. */
async function startMailServer(refuses = false): Promise<{ url: string; mails: Mail[] }> {
  const mails: Mail[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      username === 'hub' && password === 'secret' ? done(null, { user: 'hub' }) : done(new Error('no')),
    onData: (stream, session, done) => {
      let text = ''
      stream.on('data', (chunk) => {
        text += chunk
      })
      stream.on('end', () => {
        if (refuses) return done(new Error('mailbox full'))
        const { mailFrom, rcptTo } = session.envelope
        mails.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), text })
        done()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  closing.push(() => new Promise((resolve) => server.close(() => resolve())))
  const { port } = server.server.address() as AddressInfo
  return { url: `smtp://hub:secret@127.0.0.1:${port}`, mails }
}

interface Posted {
  readonly path: string
  readonly authorization: string | undefined
  readonly form: Readonly<Record<string, string>>
}

/** Answers like a provider of messages, and keeps what it was asked. */
async function startProviderApi(status: number, headers: Record<string, string> = {}) {
  const posted: Posted[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const form = Object.fromEntries(new URLSearchParams(text))
    posted.push({ path: request.url ?? '', authorization: request.headers.authorization, form })
    response.writeHead(status, headers).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posted }
}

describe('e-mail by SMTP', () => {
  it('reaches whom it is for, from whom it is, in its language', async () => {
    const { url, mails } = await startMailServer()
    await smtpCarrier({ url, from: 'Assent <no-reply@example.com>' }).deliver(
      message('EMAIL', { subject: 'Ihr Anmeldecode für später', locale: 'de' }),
    )
    const [mail] = mails
    expect(mail).toMatchObject({ from: 'no-reply@example.com', to: ['ada@example.com'] })
    expect(mail?.text).toMatch(/^Content-Language: de\r$/m)
    expect(mail?.text).toMatch(/^Auto-Submitted: auto-generated\r$/m)
    expect(mail?.text).toMatch(/^Message-ID: <message-1@example\.com>\r$/m)
    expect(mail?.text).toContain('=?UTF-8?Q?Ihr_Anmeldecode_f=C3=BCr_sp=C3=A4ter?=')
    expect(mail?.text).toContain('Your code is 123456 & <no> other.')
  })

  it('can not be led to other people by an address', async () => {
    const { url, mails } = await startMailServer()
    const carrier = smtpCarrier({ url, from: 'no-reply@example.com' })
    await carrier.deliver(message('EMAIL', { subject: 'Hello\r\nBcc: eve@example.com' })).catch(() => undefined)
    await carrier.deliver(message('EMAIL', { to: 'ada@example.com, eve@example.com' })).catch(() => undefined)
    expect(mails.flatMap(({ to }) => to).filter((to) => to === 'eve@example.com')).toEqual([])
  })

  it('fails when the server refuses it, or is not there', async () => {
    const { url } = await startMailServer(true)
    const from = 'no-reply@example.com'
    await expect(smtpCarrier({ url, from }).deliver(message('EMAIL'))).rejects.toBeInstanceOf(DeliveryFailed)
    const wrong = url.replace('secret', 'wrong')
    await expect(smtpCarrier({ url: wrong, from }).deliver(message('EMAIL'))).rejects.toBeInstanceOf(DeliveryFailed)
    const nobody = smtpCarrier({ url: 'smtp://127.0.0.1:1', from })
    await expect(nobody.deliver(message('EMAIL'))).rejects.toBeInstanceOf(DeliveryFailed)
  })
})

describe('SMS and voice by Twilio’s form', () => {
  const account = { accountSid: 'AC1', authToken: 'token', from: '+15005550006' }

  it('sends a message', async () => {
    const { url, posted } = await startProviderApi(201)
    await twilioCarrier({ ...account, url }).deliver(message('SMS'))
    expect(posted).toEqual([
      {
        path: '/2010-04-01/Accounts/AC1/Messages.json',
        authorization: `Basic ${Buffer.from('AC1:token').toString('base64')}`,
        form: { To: '+49301234567', From: '+15005550006', Body: 'Your code is 123456 & <no> other.' },
      },
    ])
  })

  it('calls, dials the extension, and says it three times, as text and not as markup', async () => {
    const { url, posted } = await startProviderApi(201)
    await twilioCarrier({ ...account, url }).deliver(message('VOICE', { extension: '12,3#', locale: 'de' }))
    const { path, form = {} } = posted[0] ?? {}
    expect(path).toBe('/2010-04-01/Accounts/AC1/Calls.json')
    expect(form).toMatchObject({ To: '+49301234567', From: '+15005550006', SendDigits: '12ww3#' })
    expect(form.Twiml).toBe(
      '<Response><Say language="de" loop="3">Your code is 123456 &amp; &lt;no&gt; other.</Say></Response>',
    )
  })

  it.each([
    ['refuses', 400, {}],
    ['fails', 500, {}],
    ['points elsewhere', 307, { location: 'http://127.0.0.1:1/' }],
  ])('fails when the provider %s', async (_what, status, headers) => {
    const { url } = await startProviderApi(status, headers)
    await expect(twilioCarrier({ ...account, url }).deliver(message('SMS'))).rejects.toBeInstanceOf(DeliveryFailed)
  })
})

describe('the delivery webhook', () => {
  it('is signed, so that the receiver knows whose it is', async () => {
    const provider = await Provider.start()
    closing.push(() => provider.stop())
    const { DELIVERY_WEBHOOK_URL: url = '' } = provider.environment
    await webhookCarrier({ url, secret: WEBHOOK_SECRET }).deliver(message('VOICE', { extension: '1' }))
    const { id: _id, ...told } = message('VOICE', { extension: '1' })
    expect(provider.delivered.heard).toEqual([told])
    const stranger = webhookCarrier({ url, secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}` })
    await expect(stranger.deliver(message('SMS'))).rejects.toBeInstanceOf(DeliveryFailed)
    expect(provider.delivered.heard).toHaveLength(1)
  })
})

describe('who delivers what', () => {
  const smtp = { url: 'smtp://127.0.0.1:1', from: 'a@b.de' }
  const twilio = { accountSid: 'a', authToken: 'b', from: '+49301234567' }
  const webhook = { url: 'http://127.0.0.1:1', secret: WEBHOOK_SECRET }

  it.each([
    ['nobody', {}, []],
    ['SMTP', { smtp }, ['EMAIL']],
    ['Twilio', { twilio }, ['SMS', 'VOICE']],
    ['the webhook', { webhook }, ['EMAIL', 'SMS', 'VOICE']],
    ['each its own', { smtp, twilio }, ['EMAIL', 'SMS', 'VOICE']],
  ])('%s', (_who, settings, methods) => {
    expect(Object.keys(openCarriers(settings))).toEqual(methods)
  })

  it('in development, the console takes what nobody delivers', async () => {
    const lines: string[] = []
    const carriers = openCarriers({ twilio }, (line) => lines.push(line))
    await carriers.EMAIL?.deliver(message('EMAIL', { subject: 'Hello' }))
    expect(lines).toEqual(['EMAIL to ada@example.com: Hello. Your code is 123456 & <no> other.'])
    expect(carriers.SMS).not.toBe(carriers.EMAIL)
  })
})
