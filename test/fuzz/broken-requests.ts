import type { Dice } from './dice.ts'
import { strangeRequest } from './http-requests.ts'
import type { Targets } from './targets.ts'

/** Bytes that may be no request. */
export interface BrokenRequest {
  /** Said one after the other, with a pause between. */
  readonly pieces: readonly Buffer[]
  /** `refused`: one 400 or the like, and the connection closed; `met`: answered or closed; `open`: perhaps nothing. */
  readonly end: 'refused' | 'met' | 'open'
}

type Shape = (dice: Dice, targets: Targets) => BrokenRequest

const POST = 'POST /v1/challenges HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n'
const GET = 'GET /healthz HTTP/1.1\r\nHost: hub\r\n'
const HIDDEN = 'GET /v1/stats HTTP/1.1\r\nHost: hub\r\n\r\n'

const refused = (text: string | Buffer): BrokenRequest => ({
  pieces: [Buffer.from(text as string, 'latin1')],
  end: 'refused',
})
const met = (text: string | Buffer): BrokenRequest => ({ pieces: [Buffer.from(text as string, 'latin1')], end: 'met' })
const open = (...pieces: readonly (string | Buffer)[]): BrokenRequest => ({
  pieces: pieces.map((piece) => Buffer.from(piece as string, 'latin1')),
  end: 'open',
})

/** Two that could disagree about where a request ends would let one smuggle a request past the other. */
const smuggling: Shape = (dice) => {
  const chunk = `0\r\n\r\n${HIDDEN}`
  return refused(
    dice.pick([
      `${POST}Content-Length: ${chunk.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
      `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${chunk}`,
      `${POST}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}${HIDDEN}`,
      `${POST}Content-Length: 2, 40\r\n\r\n{}${HIDDEN}`,
      `${POST}Content-Length: +2\r\n\r\n{}${HIDDEN}`,
      `${POST}Content-Length: -2\r\n\r\n{}${HIDDEN}`,
      `${POST}Content-Length: 0x2\r\n\r\n{}${HIDDEN}`,
      `${POST}Content-Length: 99999999999999999999\r\n\r\n{}${HIDDEN}`,
      `${POST}Transfer-Encoding: chunked, identity\r\n\r\n${chunk}`,
      `${POST}Transfer-Encoding : chunked\r\n\r\n${chunk}`,
      `${POST}Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n\r\n{}${HIDDEN}`,
      `GET /healthz HTTP/1.1\nHost: hub\n\n${HIDDEN}`,
      `${GET}X: a\rGET /v1/stats HTTP/1.1\r\n\r\n`,
      `${GET} folded: yes\r\n\r\n${HIDDEN}`,
      `${GET}X: a\0b\r\n\r\n${HIDDEN}`,
      `${GET}: nameless\r\n\r\n${HIDDEN}`,
      `${GET}no colon\r\n\r\n${HIDDEN}`,
      `${GET}spa ce: x\r\n\r\n${HIDDEN}`,
    ]),
  )
}

const chunks: Shape = (dice) => {
  const size = dice.pick([
    'ffffffffffffffffff',
    '-1',
    'g',
    ' 2',
    '2 ',
    '0x2',
    '',
    '2;',
    `2;${'x'.repeat(dice.pick([10, 20_000]))}`,
  ])
  const end = dice.pick(['\r\n', '\n', '', '\r'])
  return open(
    `${POST}Transfer-Encoding: chunked\r\n\r\n${size}${end}{}${end}0\r\n${dice.pick(['', 'Trailer: x\r\n'])}\r\n`,
  )
}

const otherProtocols: Shape = (dice) =>
  refused(
    dice.pick([
      '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'SSH-2.0-OpenSSH_9.6\r\n',
      'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n',
      '*1\r\n$4\r\nPING\r\n',
      'EHLO hub\r\n',
      'GET / HTTP/3.0\r\n\r\n',
      'GET / http/1.1\r\n\r\n',
      'get / HTTP/1.1\r\n\r\n',
      'GET  / HTTP/1.1\r\n\r\n',
      'GET /\x01 HTTP/1.1\r\n\r\n',
      `${'A'.repeat(50_000)} / HTTP/1.1\r\n\r\n`,
      `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: hub\r\n\r\n`,
      `${GET}X: ${'a'.repeat(70_000)}\r\n\r\n`,
      `${GET}${Array.from({ length: 5_000 }, (_, at) => `X-${at}: ${at}\r\n`).join('')}\r\n`,
    ]),
  )

const oddities: Shape = (dice) =>
  met(
    dice.pick([
      'GET / HTTP/1.1\r\n\r\n',
      'CONNECT hub:443 HTTP/1.1\r\nHost: hub\r\n\r\n',
      'GET /healthz HTTP/1.0\r\n\r\n',
      `\r\n\r\n${GET}\r\n`,
      `${GET}Host: other\r\n\r\n`,
      `${GET}Host:\r\n\r\n`,
      'GET //elsewhere/v1/stats HTTP/1.1\r\nHost: hub\r\n\r\n',
      'GET \\v1\\stats HTTP/1.1\r\nHost: hub\r\n\r\n',
      'GET /v1/stats\xff\xfe HTTP/1.1\r\nHost: hub\r\n\r\n',
      'OPTIONS * HTTP/1.1\r\nHost: hub\r\n\r\n',
      `${GET}Connection: close, close, keep-alive\r\n\r\n`,
      `${GET}Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n\r\n`,
      `${GET}Content-Length: 5\r\n\r\nhello`,
      `${POST}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}`,
    ]),
  )

const pipeline: Shape = (dice) => met(GET.concat('\r\n').repeat(dice.pick([2, 20, 100])))

const spoilt: Shape = (dice, targets) => open(dice.spoil(strangeRequest(dice, targets).bytes))

/** Half a request, and then the caller is gone. */
const halves: Shape = (dice, targets) => {
  const { bytes } = strangeRequest(dice, targets)
  return open(bytes.subarray(0, dice.below(bytes.length)))
}

const slow: Shape = (dice, targets) => {
  const { bytes } = strangeRequest(dice, targets)
  const cuts = Array.from({ length: 3 }, () => dice.below(bytes.length)).sort((a, b) => a - b)
  const pieces = [0, ...cuts].map((from, at) => bytes.subarray(from, cuts[at]))
  return { pieces, end: 'met' }
}

const noise: Shape = (dice) => open(dice.bytes(dice.pick([1, 30, 500, 20_000])))

export function brokenRequest(dice: Dice, targets: Targets): BrokenRequest {
  const shape = dice.weighed<Shape>([
    [3, smuggling],
    [2, chunks],
    [1, otherProtocols],
    [2, oddities],
    [0.2, pipeline],
    [4, spoilt],
    [2, halves],
    [2, slow],
    [1, noise],
  ])
  return shape(dice, targets)
}
