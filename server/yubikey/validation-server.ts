import { randomBytes } from 'node:crypto'
import type { YubikeySettings } from './settings.ts'
import { type Fields, isSigned, signatureOf } from './signature.ts'
import { type KeyVerdict, ValidationFailed, type YubikeyValidator } from './yubikey-validator.ts'

/** Milliseconds. */
const PATIENCE_MS = 10_000
/** Characters. An answer has a few short lines. */
const LONGEST_ANSWER = 4_096
const NONCE_BYTES = 16

/** A server that speaks Yubico's validation protocol 2.0: their own, or one that you run. */
export function validationServer({ url, clientId: id, apiKey }: YubikeySettings): YubikeyValidator {
  return {
    validate: async (otp) => {
      const nonce = randomBytes(NONCE_BYTES).toString('hex')
      const question = { id, nonce, otp }
      const h = signatureOf(question, apiKey)
      const answer = parseAnswer(await fetchText(`${url}?${new URLSearchParams({ ...question, h })}`))
      // Whoever can forge or replay an answer opens every door.
      if (!isSigned(answer, apiKey)) throw new ValidationFailed(`The answer is not signed${said(answer)}.`)
      if (answer.nonce !== nonce || answer.otp !== otp) {
        throw new ValidationFailed(`The answer is to another question${said(answer)}.`)
      }
      return verdictOf(answer)
    },
  }
}

const VERDICTS: Readonly<Record<string, KeyVerdict>> = { OK: 'right', REPLAYED_OTP: 'reused', BAD_OTP: 'wrong' }

/** All other words say that something is wrong with the question or the server, and nothing of the code. */
function verdictOf(answer: Fields): KeyVerdict {
  const { status = '' } = answer
  const verdict = Object.hasOwn(VERDICTS, status) ? VERDICTS[status] : undefined
  if (!verdict) throw new ValidationFailed(`The validation server could not tell${said(answer)}.`)
  return verdict
}

const WORD = /^[A-Z_]{1,40}$/

function said({ status = '' }: Fields): string {
  return WORD.test(status) ? `: ${status}` : ''
}

function parseAnswer(text: string): Fields {
  const lines = text.split(/\r?\n/).filter((line) => line.includes('='))
  const at = (line: string) => line.indexOf('=')
  return Object.fromEntries(lines.map((line) => [line.slice(0, at(line)), line.slice(at(line) + 1).trim()]))
}

async function fetchText(url: string): Promise<string> {
  let response: Response
  let text: string
  try {
    // A redirect would hand the code to somebody else.
    response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) })
    text = await textOf(response)
  } catch (error) {
    if (error instanceof ValidationFailed) throw error
    // Nothing else of what went wrong is kept: it may name the address, and the code in it.
    throw new ValidationFailed(`The validation server could not be reached: ${nameOf(error)}.`)
  }
  if (!response.ok) throw new ValidationFailed(`The validation server answered ${response.status}.`)
  return text
}

/** What is longer than any answer is not listened to, and is none. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > LONGEST_ANSWER) throw new ValidationFailed('The validation server said too much.')
  }
  return text
}

function nameOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : (name ?? 'unknown')
}
