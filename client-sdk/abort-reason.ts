/** What to reject with when `signal` aborted. Older React Native keeps no reason. */
export function abortReason(signal: AbortSignal): unknown {
  return signal.reason ?? Object.assign(new Error('This was aborted.'), { name: 'AbortError' })
}
