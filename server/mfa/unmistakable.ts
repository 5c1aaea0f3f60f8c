import { randomInt } from 'node:crypto'

/** No 0 and O, no 1, I and L: people read these off one screen and type them into another. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

export function unmistakableCode(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

/** A code as it was made, however it was typed. */
export function asMade(typed: string): string {
  return typed.replace(/[\s-]/g, '').toUpperCase()
}
