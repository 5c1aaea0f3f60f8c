/**
 * What was typed for an option that counts something. Throws a sentence where that is no such count: a run of none would
 * end well, having looked at nothing.
 * @param least the smallest that means something
 */
export function wholeNumber(option: string, typed: string, least = 1): number {
  const number = Number(typed)
  if (typed.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number
  throw new Error(`--${option} must be a whole number, at least ${least}, not "${typed}"`)
}
