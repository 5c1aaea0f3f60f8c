import type { MfaContext } from '../context.ts'
import { CONNECTION, type Connection, nameOf } from './connection.ts'
import { giveUp } from './give-up.ts'

/** Digits behind the 1 of a connection's first number: nobody who has seen one connection's knows another one's. */
const RANDOM_DIGITS = 6

export type Binding = Pick<Connection, 'user' | 'by' | 'challengeTimeout'>

/**
 * Binds a connection to a user, or to another one; the same once more changes nothing. What runs on it for somebody else,
 * or by other means, is cancelled: whoever waits for that is told.
 */
export async function bindConnection(context: MfaContext, number: number, wanted: Binding): Promise<Connection> {
  const { changes, random } = context.challenges
  const bound = await changes.change<Connection, Connection>(CONNECTION, nameOf(number), (before) => {
    if (!before) {
      const firstNumber = Number(`1${random.digits(RANDOM_DIGITS)}`)
      const next = { version: 1, ...wanted, firstNumber, nextNumber: firstNumber }
      return { next, result: next }
    }
    const goesOn = before.user === wanted.user && before.by === wanted.by
    if (goesOn && before.challengeTimeout === wanted.challengeTimeout) return { result: before }
    const version = before.version + 1
    if (goesOn) return { next: { ...before, ...wanted, version }, result: { ...before, ...wanted, version } }
    const former = before.latest?.challenge ?? before.former
    const next = { ...before, ...wanted, version, latest: undefined, former }
    return { next, result: next }
  })
  // Where this is cut short, the same binding once more, or whatever is begun next, ends it.
  if (bound.former !== undefined) await giveUp(context, bound.former)
  return bound
}
