import { HubError } from '../errors.ts'
import { type LimitName, limitVariable } from './settings.ts'

/** Of each limit a line is written when it is first reached, and then at most this often. Milliseconds. */
const LINE_EVERY_MS = 60_000

/** Where lines about limits go. */
export interface LimitLog {
  warn(what: object, message: string): void
}

/** Counts who was refused, for an operator to see: a line when a limit is reached, not one for each refusal. */
export class Refusals {
  readonly #log: LimitLog
  readonly #counts = new Map<LimitName, number>()
  readonly #told = new Map<LimitName, { readonly at: number; readonly count: number }>()

  constructor(log: LimitLog) {
    this.#log = log
  }

  /** The whole instance has too much to do. @param retryAfter seconds */
  overloaded(limit: LimitName, detail: string, retryAfter: number): HubError {
    this.count(limit)
    return new HubError('overloaded', detail, { retryAfter: exact(retryAfter) })
  }

  /** This caller asks for too much. @param retryAfter seconds */
  tooMany(limit: LimitName, detail: string, retryAfter: number): HubError {
    this.count(limit)
    return new HubError('too_many_requests', detail, { retryAfter: exact(retryAfter) })
  }

  count(limit: LimitName): void {
    const count = this.of(limit) + 1
    this.#counts.set(limit, count)
    const told = this.#told.get(limit)
    const now = performance.now()
    if (told && now - told.at < LINE_EVERY_MS) return
    this.#told.set(limit, { at: now, count })
    this.#log.warn({ limit: limitVariable(limit), times: count - (told?.count ?? 0) }, 'a limit was reached')
  }

  of(limit: LimitName): number {
    return this.#counts.get(limit) ?? 0
  }

  /** How often each limit has refused somebody since the start, by its variable's name. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].map(([limit, count]) => [limitVariable(limit), count]))
  }
}

/** Seconds, to the millisecond. */
function exact(seconds: number): number {
  return Math.ceil(seconds * 1_000) / 1_000
}
