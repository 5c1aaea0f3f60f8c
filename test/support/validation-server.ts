import { createHmac, randomInt } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const API_KEY = Buffer.alloc(20, 5)
const CLIENT_ID = '87'
const MODHEX = 'cbdefghijklnrtuv'

type Fields = Record<string, string>

/** How an answer is not to be believed, or not to be had. */
export type Lie =
  | 'unsigned'
  | 'other signature'
  | 'other nonce'
  | 'other code'
  | 'redirect'
  | 'cut'
  | 'page'
  | 'flood'
  | number

/** Yubico's validation protocol 2.0, as an operator would run it for their own keys; it can be told to lie. */
export class ValidationServer {
  lie: Lie | undefined
  /** Says this instead, well signed. */
  word: string | undefined
  /** Every code it was asked about. */
  readonly asked: string[] = []
  readonly #keys = new Set<string>()
  readonly #used = new Set<string>()
  readonly #server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://keys')
    if (pathname === '/elsewhere') throw new Error('a redirect was followed')
    const { h, ...question } = Object.fromEntries(searchParams) as Fields
    const { otp = '', nonce = '', id } = question
    this.asked.push(otp)
    const { lie } = this
    if (lie === 'cut') return request.socket.destroy()
    if (lie === 'redirect') return response.writeHead(302, { Location: '/elsewhere' }).end()
    if (lie === 'page') return response.end('<p>OK</p>')
    if (lie === 'flood') return response.end('status=OK\n'.repeat(100_000))
    if (typeof lie === 'number') return response.writeHead(lie).end()
    const isOurs = id === CLIENT_ID && h === sign(question) && /^[a-zA-Z0-9]{16,40}$/.test(nonce)
    const answer: Fields = {
      t: `${new Date().toISOString().slice(0, -1)}0`,
      otp: lie === 'other code' ? this.press() : otp,
      nonce: lie === 'other nonce' ? `${nonce.slice(1)}0` : nonce,
      sl: '25',
      status: this.word ?? (isOurs ? this.#judge(otp) : 'BAD_SIGNATURE'),
    }
    const signature = lie === 'other signature' ? sign({ ...answer, status: 'BAD_OTP' }) : sign(answer)
    const told = lie === 'unsigned' ? answer : { h: signature, ...answer }
    const lines = Object.entries(told).map(([name, value]) => `${name}=${value}`)
    return response.writeHead(200, { 'Content-Type': 'text/plain' }).end(`${lines.join('\r\n')}\r\n`)
  })

  static async start(): Promise<ValidationServer> {
    const server = new ValidationServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  /** What a hub is configured with. */
  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo
    return {
      YUBIKEY_URL: `http://127.0.0.1:${port}/wsapi/2.0/verify`,
      YUBIKEY_CLIENT_ID: CLIENT_ID,
      YUBIKEY_API_KEY: API_KEY.toString('base64'),
    }
  }

  /** A new key: its public id, and what it types at each press. */
  newKey(): { readonly id: string; readonly press: () => string } {
    const id = `cccccc${modhex(6)}`
    this.#keys.add(id)
    return { id, press: () => this.press(id) }
  }

  press(id = `vvvvvv${modhex(6)}`): string {
    return id + modhex(32)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #judge(otp: string): string {
    if (!this.#keys.has(otp.slice(0, -32))) return 'BAD_OTP'
    if (this.#used.has(otp)) return 'REPLAYED_OTP'
    this.#used.add(otp)
    return 'OK'
  }
}

function modhex(length: number): string {
  return Array.from({ length }, () => MODHEX[randomInt(MODHEX.length)]).join('')
}

function sign(fields: Fields): string {
  const names = Object.keys(fields).sort()
  return createHmac('sha1', API_KEY)
    .update(names.map((name) => `${name}=${fields[name]}`).join('&'))
    .digest('base64')
}
