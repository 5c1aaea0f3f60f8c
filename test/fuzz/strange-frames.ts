import type { Dice } from './dice.ts'
import { strangeJson, strangeValue, strangeWord } from './strange-values.ts'
import type { Targets } from './targets.ts'
import { frame, handshake } from './web-socket.ts'

/** What is sent as the text of one frame, or, as bytes, in the place of one. */
export type Said = { readonly text: string | Buffer } | { readonly bytes: Buffer }

export const ROOMS = ['/waiting', '/approving', '/publishing'] as const
export type Room = (typeof ROOMS)[number]

/** What each namespace knows. */
const EVENTS: Readonly<Record<Room, readonly string[]>> = {
  '/waiting': ['subscribe'],
  '/approving': ['approve', 'deny'],
  '/publishing': ['create', 'update', 'get', 'poll'],
}
const NAMES = ['error', 'status', 'count', 'counted', 'disconnecting', 'newListener', 'connect', '__proto__'] as const

/** The token that opens this namespace. */
export function keyOf(room: Room, targets: Targets): string {
  return room === '/waiting' ? targets.wait : room === '/approving' ? targets.approver : targets.backend
}

/** A packet of Socket.IO's within a packet of Engine.IO's, right or wrong. */
export function strangePacket(dice: Dice, room: Room, targets: Targets): Said {
  return dice.weighed<() => Said>([
    [10, () => event(dice, room, targets)],
    [3, () => connect(dice, targets)],
    [3, () => ({ text: `43${room},${dice.pick(['', '0', '7', '99999999999999999999', '-1', 'x'])}${json(dice)}` })],
    [2, () => attachment(dice, room)],
    // Whose end is missing: without a name, without a list, without anything.
    [
      1,
      () => ({
        text: `4${dice.below(7)}${dice.pick(['', '1-'])}${room}${dice.pick(['', ',', ',7', ',7[', ',[]', ',7[7]'])}`,
      }),
    ],
    [
      0.3,
      () => ({
        text: dice.pick([`41${room},`, '1', '3', '2', '2probe', '5', '6', '7', '', '44/waiting,{"message":"x"}']),
      }),
    ],
    [0.5, () => ({ text: `4${dice.pick(['2', '3', '5', '9', ''])}${strangeWord(dice)}` })],
    [0.5, () => ({ text: `b${dice.bytes(30).toString('base64')}` })],
    [0.5, () => ({ text: dice.spoil(Buffer.from((event(dice, room, targets) as { text: string }).text)) })],
    [0.5, () => ({ bytes: frame(dice.bytes(dice.below(50)), { opcode: 2 }) })],
  ])()
}

function event(dice: Dice, room: Room, targets: Targets): Said {
  const name = dice.chance(0.85) ? dice.pick(EVENTS[room]) : dice.pick([...NAMES, strangeWord(dice)])
  const id = dice.chance(0.8) ? String(dice.below(1_000)) : ''
  const more = dice.chance(0.1) ? `,${json(dice)}` : ''
  return {
    text: `42${room},${id}[${JSON.stringify(name)},${strangeJson(dice, body(dice, name, targets)).toString()}${more}]`,
  }
}

function body(dice: Dice, name: string, { challenges, backend, wait, bad }: Targets): object {
  const challenge = dice.chance(0.8) ? dice.pick(challenges) : strangeWord(dice)
  if (name === 'subscribe') return { token: dice.pick([wait, backend, ...bad]) }
  if (name === 'create') return { challengeTimeout: 1, challengeStatus: strangeWord(dice) }
  if (name === 'update') return { challenge, challengeStatus: strangeWord(dice) }
  if (name === 'poll') return { challenge, pollRetries: dice.below(3), pollInterval: 100, since: dice.below(3) }
  return { challenge, number: dice.pick(['11', 7, 'x']) }
}

/** To a namespace there is, or to any of thousands there are not. */
function connect(dice: Dice, { wait, backend, approver, bad }: Targets): Said {
  const room = dice.chance(0.3) ? dice.pick(ROOMS) : `/${strangeWord(dice).slice(0, 2_000)}${dice.below(1e9)}`
  const auth = dice.chance(0.5)
    ? JSON.stringify({ token: dice.pick([wait, backend, approver, ...bad]), challenge: dice.pick([undefined, 'x', 7]) })
    : json(dice)
  return { text: `40${room.replace(',', '')},${auth}` }
}

/** Announces bytes that come, do not come, or were never meant. */
function attachment(dice: Dice, room: Room): Said {
  const count = dice.pick(['0', '1', '2', '99999', '-1', '1e9', ''])
  const number = dice.pick([0, 1, -1, '0', 'splice', '__proto__', 1e9])
  return {
    text: `4${dice.pick([5, 6])}${count}-${room},1["create",{"_placeholder":true,"num":${JSON.stringify(number)}}]`,
  }
}

function json(dice: Dice): string {
  return dice.chance(0.5) ? strangeJson(dice, {}).toString() : JSON.stringify([strangeValue(dice)])
}

/** A frame that breaks the rules of WebSockets themselves. */
export function strangeFrame(dice: Dice, room: Room): Buffer {
  const text = Buffer.from(`42${room},["x"]`)
  return dice.pick<() => Buffer>([
    () => frame(text, { masked: false }),
    () => frame(text, { opcode: dice.pick([0, 3, 7, 11, 15]) }),
    () => frame(text, { reserved: dice.pick([0x10, 0x20, 0x40, 0x70]) }),
    () => frame(text, { length: dice.pick([65_537n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) }),
    () => frame(text, { last: false }),
    () => frame(Buffer.alloc(dice.pick([65_536, 65_537, 200_000]), 0x34)),
    () => frame(dice.bytes(dice.pick([0, 125, 126])), { opcode: dice.pick([9, 10]) }),
    () => frame(dice.bytes(20), { opcode: 9, last: false }),
    () => frame(Buffer.from([0x34, 0x32, 0xc3, 0x28, 0xff, 0xfe])),
    () =>
      frame(dice.pick([Buffer.of(), Buffer.of(3), Buffer.of(0, 1), Buffer.of(3, 237), dice.bytes(60)]), { opcode: 8 }),
    () =>
      Buffer.concat(
        Array.from({ length: 200 }, (_, at) => frame(Buffer.of(), { opcode: at === 0 ? 1 : 0, last: false })),
      ),
    () => dice.spoil(frame(text)),
    () => dice.bytes(dice.pick([1, 14, 1_000])),
  ])()
}

/** An upgrade that is no handshake, or that nobody waits for. */
export function strangeHandshake(dice: Dice): string {
  const path = dice.pick([
    '/socket.io/?EIO=4&transport=websocket',
    '/socket.io/?EIO=4&transport=websocket&sid=__proto__',
    '/socket.io/?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA',
    '/socket.io/?EIO=3&transport=websocket',
    '/socket.io/?EIO=4&transport=polling',
    '/socket.io/?EIO=4&transport=constructor',
    '/socket.io/?EIO=4&EIO=3&transport=websocket',
    '/socket.io/?__proto__[transport]=websocket',
    '/socket.io/%zz?EIO=4&transport=websocket',
    '/socket.io//?EIO=4&transport=websocket',
    '/socket.io',
    '/v1/challenges',
    '*',
  ])
  const more = dice.pick([
    '',
    'Origin: https://evil.example\r\n',
    'Origin: \x01\r\n',
    'Sec-WebSocket-Protocol: a,,b\r\n',
    'Sec-WebSocket-Protocol: a, a\r\n',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99\r\n',
    'Sec-WebSocket-Extensions: ,;=\r\n',
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
  ])
  const whole = handshake(path, more)
  return dice.pick([
    whole,
    whole,
    whole.replace('GET', dice.pick(['POST', 'HEAD', 'OPTIONS'])),
    whole.replace('Version: 13', `Version: ${dice.pick(['8', '12', 'x', '13, 8', ''])}`),
    whole.replace(/Sec-WebSocket-Key: .*\r\n/, dice.pick(['', 'Sec-WebSocket-Key: x\r\n'])),
    whole.replace(
      'Upgrade: websocket',
      dice.pick(['Upgrade: h2c', 'Upgrade: WebSocket', 'Upgrade: websocket\r\nUpgrade: websocket', 'Upgrade:']),
    ),
    whole.replace('Connection: Upgrade', dice.pick(['Connection: keep-alive', 'Connection: Upgrade, close'])),
    `${whole}${'\x81\xfe'.repeat(dice.pick([1, 1_000]))}`,
  ])
}
