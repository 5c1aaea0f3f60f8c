import { refusal } from '../../mfa/mfa-error.ts'
import type { Answer, Question } from '../endpoint.ts'

/** `application/vnd.….device.activate+json`: the action is what follows the vendor's name. */
const NAMED_BY_TYPE = /^application\/vnd\.[\w-]+\.([\w.]+)\+json\s*(?:;|$)/i

/** What may be done to a resource by a `POST`, by the action's name. */
export type Actions = Readonly<Record<string, (question: Question) => Promise<Answer>>>

/**
 * Answers a `POST` by the action it names: in its content type, or, for networks that block such types, in the query.
 * @param otherwise answers one that names none; absent: one must be named
 */
export function answerAction(
  question: Question,
  actions: Actions,
  otherwise?: (question: Question) => Promise<Answer>,
): Promise<Answer> {
  const named = nameOf(question)
  if (named === undefined && otherwise) return otherwise(question)
  const action = named !== undefined && Object.hasOwn(actions, named) ? actions[named] : undefined
  if (action) return action(question)
  const known = Object.keys(actions).join(', ')
  throw invalidAction(
    named === undefined ? `An action is needed: ${known}.` : `There is no such action; there are ${known}.`,
  )
}

function nameOf({ header, query }: Question): string | undefined {
  const [, byType] = NAMED_BY_TYPE.exec(header('content-type') ?? '') ?? []
  const { action: byQuery } = query as { readonly action?: unknown }
  if (byQuery === undefined) return byType
  if (typeof byQuery !== 'string' || (byType !== undefined && byType !== byQuery)) {
    throw invalidAction('The content type and the query name different actions.')
  }
  return byQuery
}

function invalidAction(message: string) {
  return refusal('INVALID_REQUEST', 'INVALID_ACTION', message, { target: 'action' })
}
