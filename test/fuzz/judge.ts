import { ERROR_STATUS, type ErrorCode, type Problem } from '../../server/protocol/error-codes.ts'
import type { WireAnswer } from '../support/wire.ts'

const KNOWN = ['type', 'title', 'status', 'code', 'detail', 'errors', 'attemptsRemaining', 'record']
const GOOD = [101, 200, 201, 204, 206, 304]
/** What only the inside of a program looks like. */
const INSIDE = /\n\s+at |node_modules|file:\/\/|dist\/server|\b[\w-]+\.[tj]s:\d|node:internal/
const BANNERS = ['x-powered-by', 'server', 'via']
/** What every answer of the hub's own says, whichever way it went. */
const SAID = ['content-security-policy', 'x-content-type-options', 'x-frame-options', 'referrer-policy']

/** Says what is wrong with an answer; undefined: nothing. */
export function findFault(
  { status, headers, body }: WireAnswer,
  secrets: readonly string[],
  head = false,
  said = '',
): string | undefined {
  const all = `${[...headers].flat(2).join('\n')}\n${body}`
  if (tells(all, secrets)) return `the answer tells a secret: ${all.slice(0, 500)}`
  if (INSIDE.test(body)) return `the answer shows the inside: ${body.slice(0, 500)}`
  const banner = BANNERS.find((name) => headers.has(name))
  if (banner) return `the answer has the header ${banner}`
  if (status === 101) return undefined
  const silent = SAID.find((name) => !headers.has(name))
  if (silent) return `the answer, ${status}, lacks the header ${silent}`
  if (GOOD.includes(status)) return undefined
  if (headers.get('cache-control')?.join() !== 'no-store') return `an error may be cached: ${status}`
  const dialect = UNPARSED.test(body) ? undefined : dialectOf(said, headers)
  if (dialect) return head ? undefined : findDialectFault(dialect, status, headers, body)
  if (headers.get('content-type')?.join() !== 'application/problem+json')
    return `an error of another type: ${status} ${body}`
  return head ? undefined : findProblemFault(status, body)
}

/** Below these paths refusals have these fields, and no others. */
const DIALECTS = [
  { prefix: '/pf-ws', fields: ['code', 'message', 'userMessage', 'details'] },
  { prefix: '/auth', fields: ['_error'] },
  { prefix: '/v3', fields: ['status', 'message', 'errors'] },
] as const

/** What could not be read as a request is below no path. */
const UNPARSED = /"detail":"This is no request in HTTP|"code":"(?:headers_too_large|request_timeout)"/

/** Where a request is not in good form, it may be refused in these words, or in the hub's own. */
function dialectOf(said: string, headers: WireAnswer['headers']): (typeof DIALECTS)[number] | undefined {
  const [, path = ''] = /^\S+ (\S+) HTTP\/1\.1\r\nHost: hub\r\n/.exec(said) ?? []
  const isNative = headers.get('content-type')?.join() === 'application/problem+json'
  return DIALECTS.find(
    ({ prefix }) => path.startsWith(`${prefix}/`) || (!isNative && said.toLowerCase().includes(`${prefix}/`)),
  )
}

function findDialectFault(
  { prefix, fields }: (typeof DIALECTS)[number],
  status: number,
  headers: WireAnswer['headers'],
  body: string,
): string | undefined {
  if (headers.get('content-type')?.join() !== 'application/json; charset=utf-8' || /urn:assent/.test(body))
    return `an error in other words than those of ${prefix}: ${status} ${body}`
  if (status === 500) return `an internal error: ${body}`
  const told = Object.keys((parse(body) as object | undefined) ?? {})
  const isWhole = told.length === fields.length && fields.every((field) => told.includes(field))
  return isWhole ? undefined : `an error of another shape below ${prefix}: ${status} ${body}`
}

function findProblemFault(status: number, body: string): string | undefined {
  const problem = parse(body) as Partial<Problem> | undefined
  if (!problem || ERROR_STATUS[problem.code as ErrorCode] !== status)
    return `an error that is not documented: ${status} ${body}`
  if (problem.code === 'internal') return `an internal error: ${body}`
  const unknown = Object.keys(problem).filter((key) => !KNOWN.includes(key))
  return unknown.length > 0 ? `a problem with unknown fields: ${unknown.join(', ')}` : undefined
}

/** The same for a text frame of Socket.IO's. */
export function findFrameFault(frame: string, secrets: readonly string[]): string | undefined {
  if (tells(frame, secrets)) return `a frame tells a secret: ${frame.slice(0, 500)}`
  if (INSIDE.test(frame)) return `a frame shows the inside: ${frame.slice(0, 500)}`
  const [, type, json = ''] = /^4([34])[^[{]*(.*)$/s.exec(frame) ?? []
  if (type === undefined) return undefined
  const said = parse(json)
  const error =
    type === '3' ? (said as [{ error?: unknown }] | undefined)?.[0]?.error : (said as { data?: unknown })?.data
  const code = (error as { code?: string } | undefined)?.code
  // Socket.IO's own words for a namespace there is not have no code.
  if (code === undefined)
    return type === '3' || /"message":"Invalid namespace"/.test(frame) ? undefined : `no code: ${frame}`
  if (!(code in ERROR_STATUS) || code === 'internal') return `a code that is not documented: ${frame.slice(0, 500)}`
  return undefined
}

/** Every line of the log that should not be there. */
export function findLogFaults(log: string, secrets: readonly string[]): string[] {
  return log
    .split('\n')
    .filter((line) => tells(line, secrets) || INSIDE.test(line) || isTrouble(line) || /^\s+at /.test(line))
    .map((line) => `the log has: ${line.slice(0, 500)}`)
}

/** A flood may well reach a limit, and an operator be told of it. */
function isTrouble(line: string): boolean {
  return /"level":[456]0/.test(line) && !/"msg":"a limit was reached"/.test(line)
}

function tells(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => text.includes(secret))
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
