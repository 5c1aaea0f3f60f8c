import { abortReason } from './abort-reason.ts'

export interface Deadline {
  readonly signal: AbortSignal
  /** Takes the timer and the listener away again. */
  clear(): void
}

/** A signal that aborts when `signal` does, or after `ms` milliseconds. (React Native has no `AbortSignal.any`.) */
export function deadline(ms: number, signal?: AbortSignal): Deadline {
  const either = new AbortController()
  const follow = () => either.abort(signal && abortReason(signal))
  const timer = setTimeout(() => either.abort(new Error(`No answer within ${ms} ms.`)), ms)
  if (signal?.aborted) follow()
  signal?.addEventListener('abort', follow)
  return {
    signal: either.signal,
    clear() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', follow)
    },
  }
}
