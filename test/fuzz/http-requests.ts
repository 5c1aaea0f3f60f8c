import { chooseDialectCall } from './dialect-calls.ts'
import type { Dice } from './dice.ts'
import { strangeJson, strangeWord } from './strange-values.ts'
import { API_KEY, APPROVERS, type Targets } from './targets.ts'

/** A request whose end anyone can see: it must be answered. */
export interface PlainRequest {
  readonly bytes: Buffer
  readonly head: boolean
}

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'PROPFIND', 'TRACE', 'M-SEARCH'] as const
const ORIGINS = [
  'https://shop.example',
  'https://evil.example',
  'null',
  '',
  'http://127.0.0.1',
  'file://',
  'x y',
] as const
const TYPES = [
  'application/json',
  'text/plain',
  'application/json; charset=latin1',
  'multipart/form-data',
  '',
  '*/*',
] as const

const CREATE = {
  challengeStatus: 'started',
  challengeTimeout: 1,
  updatedByFlowId: 'flow',
  claimsNameValuePairs: [{ name: 'n', value: 'v' }],
  display: { title: 't', fields: [{ label: 'l', value: 'v' }] },
  numberMatching: 2,
}
const UPDATE = { challengeStatus: 'scanned', claimsNameValuePairs: [] }

export interface Call {
  readonly method: string
  readonly path: string
  readonly body?: object
  readonly token?: string
  /** Further headers, as they stand. */
  readonly headers?: readonly string[]
}

/** A request in good form with something strange in it: path, query, header, token or body. */
export function strangeRequest(dice: Dice, targets: Targets): PlainRequest {
  const call = dice.chance(0.25) ? chooseDialectCall(dice, targets) : chooseCall(dice, targets)
  const method = dice.chance(0.08) ? dice.pick(METHODS) : call.method
  const path = dice.chance(0.12) ? spoilPath(dice, call.path) : call.path
  const body = call.body || dice.chance(0.05) ? strangeJson(dice, call.body ?? {}) : undefined
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: hub', ...strangeHeaders(dice, call, targets)]
  if (body) lines.push(`Content-Type: ${dice.chance(0.9) ? 'application/json' : dice.pick(TYPES)}`)
  const text = body && dice.chance(0.2) ? chunked(dice, body, lines) : measured(body, lines)
  return { bytes: text, head: method === 'HEAD' }
}

function chooseCall(dice: Dice, { challenges, backend, reader, approver, wait }: Targets): Call {
  const id = dice.chance(0.85) ? dice.pick(challenges) : encodeURIComponent(wellFormed(strangeWord(dice)))
  const seer = dice.pick([backend, reader, wait])
  return dice.weighed<Call>([
    [3, { method: 'POST', path: '/v1/challenges', body: create(dice), token: backend }],
    [4, { method: 'PATCH', path: `/v1/challenges/${id}`, body: UPDATE, token: backend }],
    [4, { method: 'GET', path: `/v1/challenges/${id}`, token: seer }],
    [4, { method: 'GET', path: `/v1/challenges/${id}/poll?${pollQuery(dice)}`, token: seer }],
    [2, { method: 'GET', path: '/v1/approvals', token: approver }],
    [1, { method: 'GET', path: '/v1/push/key', token: approver }],
    [4, { method: 'POST', path: `/v1/approvals/${id}`, body: decision(dice), token: approver }],
    [
      2,
      {
        method: 'DELETE',
        path: `/v1/approvers/${encodeURIComponent(wellFormed(strangeWord(dice)))}/connections`,
        token: backend,
      },
    ],
    [1, { method: 'GET', path: '/v1/stats', token: reader }],
    [1, { method: 'GET', path: dice.pick(['/healthz', '/readyz', '/assent.js', '/', '/demo/', '/socket.io/?EIO=4']) }],
  ])
}

function create(dice: Dice): object {
  const person = dice.chance(0.3) ? { approver: dice.pick(APPROVERS) } : {}
  return { ...CREATE, ...person }
}

function decision(dice: Dice): object {
  return {
    decision: dice.pick(['approve', 'deny']),
    number: dice.pick(['11', 11, '000000', '٣']),
    reason: 'r',
    signature: 's',
  }
}

/** What may be refused, or is over at once: nobody waits for a fuzzer. */
function pollQuery(dice: Dice): string {
  const strange = encodeURIComponent(wellFormed(strangeWord(dice)))
  const more = dice.chance(0.5)
    ? `&${dice.pick(['since', '__proto__', 'pollInterval', 'a[b]', strange])}=${strange}`
    : ''
  return `pollRetries=${dice.below(2)}&pollInterval=100${dice.chance(0.3) ? `&pollRetries=${strange}` : ''}${more}`
}

function strangeHeaders(dice: Dice, { token, headers = [] }: Call, { bad }: Targets): string[] {
  const lines: string[] = [...headers]
  if (token) lines.push(`Authorization: Bearer ${dice.chance(0.93) ? token : dice.pick(bad)}`)
  else if (dice.chance(0.3)) lines.push(`API-Key: ${dice.chance(0.5) ? API_KEY : headerText(strangeWord(dice))}`)
  if (dice.chance(0.15)) lines.push(`Origin: ${dice.pick(ORIGINS)}`)
  if (dice.chance(0.1)) lines.push(`Idempotency-Key: ${headerText(strangeWord(dice)).slice(0, 4_000)}`)
  if (dice.chance(0.1))
    lines.push(
      `If-None-Match: ${dice.pick(['*', '"1"', 'W/"1", "2"', ','.repeat(5_000), headerText(strangeWord(dice))])}`,
    )
  if (dice.chance(0.05))
    lines.push(`Range: ${dice.pick(['bytes=0-5', 'bytes=9999999-', 'bytes=-', 'x=1', 'bytes=0-1,3-4'])}`)
  if (dice.chance(0.05)) lines.push(`If-Match: ${dice.pick(['*', '"x"', ''])}`)
  if (dice.chance(0.05)) lines.push(`Content-Encoding: ${dice.pick(['gzip', 'br', 'identity', 'IDENTITY', ''])}`)
  if (dice.chance(0.05))
    lines.push(`X-Forwarded-For: ${headerText(strangeWord(dice))}`, 'X-HTTP-Method-Override: DELETE')
  if (dice.chance(0.05)) lines.push(`Expect: ${dice.pick(['100-continue', '200-ok', ''])}`)
  if (dice.chance(0.05))
    lines.push('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAA')
  if (dice.chance(0.03)) lines.push(...Array.from({ length: 100 }, (_, at) => `X-${at}: ${at}`))
  if (dice.chance(0.05))
    lines.push(`Access-Control-Request-Method: ${dice.pick(METHODS)}`, 'Access-Control-Request-Headers: x')
  return lines
}

function spoilPath(dice: Dice, path: string): string {
  const strange = encodeURI(wellFormed(strangeWord(dice))).replace(/%25/g, '%')
  return dice.pick([
    `${path}/`,
    `/${path}`,
    path.toUpperCase(),
    `${path}?${strange}`,
    `${path}#x`,
    `${path}/${strange}`,
    `http://elsewhere${path}`,
    path.replace('/v1/', '/v1/%2e%2e/v1/'),
    path.replace('c', '%63'),
    `/${strange}`,
    '*',
  ])
}

function measured(body: Buffer | undefined, lines: readonly string[]): Buffer {
  const length = body ? [`Content-Length: ${body.length}`] : []
  return Buffer.concat([Buffer.from(`${[...lines, ...length].join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.of()])
}

function chunked(dice: Dice, body: Buffer, lines: readonly string[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`${[...lines, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n`, 'latin1')]
  const size = dice.pick([7, 1_000, 20_000, 100_000].filter((each) => each * 200 > body.length))
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size)
    parts.push(
      Buffer.from(`${chunk.length.toString(16)}${dice.chance(0.05) ? ';a=b' : ''}\r\n`),
      chunk,
      Buffer.from('\r\n'),
    )
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

/** As it may stand in a header: latin1, without the characters that end one. */
function headerText(word: string): string {
  return Buffer.from(word.slice(0, 1_000))
    .toString('latin1')
    .replace(/[\0\r\n\x7f]|[^\t\x20-\xff]/g, '')
}

/** What can be percent-encoded at all. */
export function wellFormed(word: string): string {
  return word.slice(0, 1_000).replace(/\p{Cs}/gu, '?')
}
