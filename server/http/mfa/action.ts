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
  const action = actions[demandKnown(named, Object.keys(actions))]
  if (!action) throw new Error('an action that is known is not there')
  return action(question)
}

/** Which of these actions a `POST` names; throws when it names none, or another one. */
export function namedAction<Name extends string>(question: Question, known: readonly Name[]): Name {
  return demandKnown(nameOf(question), known)
}

function demandKnown<Name extends string>(named: string | undefined, known: readonly Name[]): Name {
  const found = known.find((name) => name === named)
  if (found !== undefined) return found
  const all = known.join(', ')
  throw invalidAction(
    named === undefined ? `An action is needed: ${all}.` : `There is no such action; there are ${all}.`,
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
