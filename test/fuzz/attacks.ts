import { setTimeout as pause } from 'node:timers/promises'
import { type Heard, Wire } from '../support/wire.ts'
import { brokenRequest } from './broken-requests.ts'
import type { Dice } from './dice.ts'
import { strangeRequest } from './http-requests.ts'
import { findFault, findFrameFault } from './judge.ts'
import { keyOf, ROOMS, strangeFrame, strangeHandshake, strangePacket } from './strange-frames.ts'
import type { Targets } from './targets.ts'
import { RoughSocket } from './web-socket.ts'

/** Over one connection, or a few, at most so many inputs. */
export const BATCH = 25
/** Whoever gets nothing within this was left hanging. Milliseconds. */
const HUNG_MS = 5_000
/** Longer than what is taken. Bytes. */
const LONG = 65_536
/** So long something may be said to what needs no answer. Milliseconds. */
const MOMENT_MS = 15

export interface Front {
  readonly port: number
  readonly targets: Targets
  readonly secrets: readonly string[]
  /** Says what is wrong, and what was said to bring it about. */
  readonly breach: (what: string, said: string | Buffer) => void
  /** Counts answers and frames heard. */
  readonly heard: (count: number) => void
}

type Attack = (front: Front, dice: Dice, inputs: number) => Promise<void>

/** An attack for a batch: which one, chance says. */
export function chooseAttack(dice: Dice): Attack {
  return dice.weighed<Attack>([
    [45, requests],
    [9, rubbish],
    [4, handshakes],
    [35, packets],
    [4, frames],
    [3, halfHandshakes],
  ])
}

/** Not everything comes from one address. */
function somewhere(dice: Dice): string {
  return `127.0.${dice.below(200)}.${dice.between(2, 250)}`
}

/** Strange requests in good form, one after the other over one connection as long as the hub keeps it. */
const requests: Attack = async (front, dice, inputs) => {
  let wire: Wire | undefined
  let before: Buffer = Buffer.of()
  for (let count = 0; count < inputs; count++) {
    if (!wire || wire.closed) {
      wire = await Wire.open(front.port, somewhere(dice))
      before = Buffer.of()
    }
    const { bytes, head } = strangeRequest(dice, front.targets)
    wire.say(bytes)
    const heard = await wire.listen({ answers: 1, patience: HUNG_MS, head })
    judge(front, heard, bytes, head)
    const [answer] = heard.answers
    // An answer given before too long a body has come may be lost in the reset that follows.
    if (!answer && bytes.length < LONG) {
      const how = heard.closed ? 'closed without a word' : 'left hanging'
      front.breach(`${how}, after ${JSON.stringify(before.toString('latin1', 0, 300))}`, bytes)
    }
    before = bytes
    if (answer?.headers.get('connection')?.includes('close')) wire.hangUp()
    if (heard.rest.length > 0) {
      front.breach(`more than an answer: ${heard.rest.toString('latin1', 0, 200)}`, bytes)
      wire.hangUp()
    }
  }
  wire?.hangUp()
}

/** Broken ones, each over a connection of its own. */
const rubbish: Attack = async (front, dice, inputs) => {
  for (let count = 0; count < inputs; count++) {
    const wire = await Wire.open(front.port, somewhere(dice))
    const { pieces, end } = brokenRequest(dice, front.targets)
    for (const piece of pieces) {
      wire.say(piece)
      if (pieces.length > 1) await pause(dice.below(MOMENT_MS))
    }
    const said = Buffer.concat(pieces)
    const head = isHead(said)
    const patience = end === 'open' ? MOMENT_MS : HUNG_MS
    const heard = await wire.listen({ answers: end === 'met' ? 1 : 9, patience, head })
    judge(front, heard, said, head)
    if (end !== 'open' && !heard.closed && heard.answers.length === 0) front.breach('left hanging', said)
    const [answer] = heard.answers
    if (end === 'refused' && !(heard.closed && heard.answers.length === 1 && answer && answer.status >= 400)) {
      front.breach(`not refused: ${heard.answers.map(({ status }) => status)} closed=${heard.closed}`, said)
    }
    wire.hangUp()
  }
}

const handshakes: Attack = async (front, dice, inputs) => {
  for (let count = 0; count < inputs; count++) {
    const wire = await Wire.open(front.port, somewhere(dice))
    const said = strangeHandshake(dice)
    wire.say(said)
    // One that announces a body and does not bring it may be waited for.
    const waits = /^(Content-Length|Transfer-Encoding):/im.test(said)
    const head = isHead(said)
    const heard = await wire.listen({ answers: 1, patience: waits ? MOMENT_MS : HUNG_MS, head })
    judge(front, heard, said, head)
    if (!waits && !heard.closed && heard.answers.length === 0) front.breach('left hanging', said)
    wire.hangUp()
  }
}

/** Strange packets in a namespace one may enter; at the end something sensible, which is answered, or all was over before. */
const packets: Attack = async (front, dice, inputs) => {
  const room = dice.pick(ROOMS)
  const socket = await RoughSocket.open(front.port, somewhere(dice))
  const said = [`40${room},${JSON.stringify({ token: keyOf(room, front.targets) })}`]
  socket.say(said[0] ?? '')
  await socket.until(`40${room},`)
  for (let count = 1; count < inputs; count++) {
    const packet = strangePacket(dice, room, front.targets)
    if ('text' in packet) socket.say(packet.text)
    else socket.sayBytes(packet.bytes)
    said.push(String('text' in packet ? packet.text : packet.bytes.toString('latin1')))
  }
  const last = { '/waiting': 'subscribe', '/approving': 'deny', '/publishing': 'get' }[room]
  socket.say(`42${room},777777["${last}",{"challenge":"${front.targets.challenges[0]}"}]`)
  const answer = await socket.until(`43${room},777777`, HUNG_MS)
  if (answer === undefined && !socket.closed) front.breach('neither answered nor closed', said.join('\n'))
  judgeFrames(front, socket, said.join('\n'))
  socket.hangUp()
}

/** What is no frame, or not now; nobody waits for what becomes of it. */
const frames: Attack = async (front, dice, inputs) => {
  for (let count = 0; count < inputs; ) {
    const room = dice.pick(ROOMS)
    const socket = await RoughSocket.open(front.port, somewhere(dice))
    socket.say(`40${room},${JSON.stringify({ token: keyOf(room, front.targets) })}`)
    const said: Buffer[] = []
    for (const most = Math.min(inputs, count + 5); count < most; count++) {
      const strange = strangeFrame(dice, room)
      said.push(strange)
      socket.sayBytes(strange)
    }
    await socket.until('never', MOMENT_MS)
    judgeFrames(front, socket, Buffer.concat(said))
    socket.hangUp()
  }
}

/** Those who begin and leave: before the upgrade is over, before they have entered, or the moment they have knocked. */
const halfHandshakes: Attack = async ({ port, targets }, dice, inputs) => {
  for (let count = 0; count < inputs; count++) {
    if (dice.chance(0.3)) {
      const wire = await Wire.open(port, somewhere(dice))
      const said = strangeHandshake(dice)
      wire.say(said.slice(0, dice.below(said.length)))
      await pause(dice.below(3))
      wire.hangUp()
      continue
    }
    const socket = await RoughSocket.open(port, somewhere(dice))
    const room = dice.pick(ROOMS)
    if (dice.chance(0.7)) socket.say(`40${room},${JSON.stringify({ token: keyOf(room, targets) })}`)
    await pause(dice.below(3))
    socket.hangUp()
  }
}

function isHead(said: string | Buffer): boolean {
  return said.toString('latin1' as never).startsWith('HEAD ')
}

function judge(front: Front, { answers }: Heard, said: string | Buffer, head: boolean): void {
  front.heard(answers.length)
  for (const answer of answers) {
    const fault = findFault(answer, front.secrets, head, said.toString('latin1' as never))
    if (fault) front.breach(fault, said)
  }
}

function judgeFrames(front: Front, { heard }: RoughSocket, said: string | Buffer): void {
  front.heard(heard.length)
  for (const text of heard) {
    const fault = findFrameFault(text, front.secrets)
    if (fault) front.breach(fault, said)
  }
}
