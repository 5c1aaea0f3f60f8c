import { randomInt } from 'node:crypto'

/** No 0 and O, no 1, I and L: people read these off one screen and type them into another. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

/** @param alphabet each is as likely as any other */
export function unmistakableCode(length: number, alphabet: string = ALPHABET): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** A code as it was made, however it was typed. */
export function asMade(typed: string): string {
  return typed.replace(/[\s-]/g, '').toUpperCase()
}
