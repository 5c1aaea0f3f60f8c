import { AssentMfaError } from './assent-mfa-error.ts'

/**
 * A path, of fixed words and of ids by their inputs' names: `pathOf('/v1/users', { userId }, 'devices', { deviceId })`. Throws
 * `INVALID_DATA` for an id that names nothing, or that would lead to another resource: `..` is the one above, however it is
 * escaped, and to delete that is not what anybody has asked for.
 */
export function pathOf(
  root: string,
  ...parts: readonly (string | Readonly<Record<string, string | undefined>>)[]
): string {
  const segments = parts.flatMap((part) =>
    typeof part === 'string' ? [part] : Object.entries(part).map(([name, id]) => segmentOf(name, id)),
  )
  return [root, ...segments].join('/')
}

const WELL_FORMED = /^\P{Cs}*$/u
const NOT_IDS = ['', '.', '..']

function segmentOf(target: string, id: string | undefined): string {
  // What is no text is turned into one on the way: a list of `..` would be `..`.
  if (typeof id === 'string' && WELL_FORMED.test(id) && !NOT_IDS.includes(id)) return encodeURIComponent(id)
  const code = id === undefined || id === null ? 'REQUIRED_VALUE' : id === '' ? 'EMPTY_VALUE' : 'INVALID_VALUE'
  const message = 'An id is needed.'
  throw new AssentMfaError({
    code: 'INVALID_DATA',
    detail: `${target}: ${message}`,
    details: [{ code, target, message }],
  })
}
