const USER = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u

/** A user name as the bank allows it, or undefined. */
export function parseUser(text: unknown): string | undefined {
  return typeof text === 'string' && USER.test(text.trim()) ? text.trim() : undefined
}
