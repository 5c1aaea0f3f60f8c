import { Agent, request } from 'node:http'
import { RawLink } from '../../herd/raw-link.ts'

const API_KEY = 'an-api-key-of-27-characters'
/** What a hub needs to be asked by this. */
export const KNOWN = { API_KEYS: `bench:${API_KEY}:challenges:write challenges:read` }

/** A page that waits; raw frames, because the generator shares the machine with what it measures. */
export interface WaitingPage {
  readonly challenge: string
  /** Resolves with the answer's frame. */
  readonly answered: Promise<void>
  close(): void
}

/** Opens challenges, lets pages wait for them, answers them. */
export class Lives {
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 3_000 })

  constructor(port: number) {
    this.#port = port
  }

  /** Create, connect, hear the first status. */
  async begin(): Promise<WaitingPage> {
    const body = JSON.stringify({ challengeTimeout: 600 })
    const { challenge, waitToken } = JSON.parse(await this.#ask('POST', '/v1/challenges', body)) as {
      challenge: string
      waitToken: string
    }
    return new Promise((resolve, reject) => {
      let answered: () => void = () => undefined
      let isOver = false
      const link = new RawLink(this.#port, {
        frame: (frame) => {
          if (frame === '2') link.say('3')
          else if (frame.startsWith('0')) link.say(`40/waiting,${JSON.stringify({ token: waitToken })}`)
          else if (frame.startsWith('44')) reject(new Error(`refused: ${frame}`))
          else if (frame.includes('"isChallengeComplete":true')) answered()
          else if (frame.startsWith('42/waiting,["status"')) resolve(page)
        },
        refused: () => reject(new Error('nobody listens')),
        closed: (bare) => !isOver && reject(new Error(`the link broke (${bare ?? 'open'})`)),
      })
      const page: WaitingPage = {
        challenge,
        answered: new Promise((resolve) => {
          answered = resolve
        }),
        close: () => {
          isOver = true
          link.drop()
        },
      }
    })
  }

  /** Create, connect, update, receive, close. */
  async whole(): Promise<void> {
    const page = await this.begin()
    const body = JSON.stringify({ challengeStatus: 'approved', isChallengeComplete: true })
    await Promise.all([page.answered, this.#ask('PATCH', `/v1/challenges/${page.challenge}`, body)])
    page.close()
  }

  end(): void {
    this.#agent.destroy()
  }

  #ask(method: string, path: string, body: string): Promise<string> {
    const headers = {
      'API-Key': API_KEY,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    }
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, method, path, headers, agent: this.#agent }
      const asked = request(options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.once('end', () => {
          if ((response.statusCode ?? 0) < 300) resolve(text)
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))
        })
      })
      asked.once('error', reject)
      asked.end(body)
    })
  }
}
