/** The products whose APIs are spoken, as `DIALECTS` names them. */
export const DIALECTS = ['pingfederate', 'apiture', 'quovo'] as const

export type DialectName = (typeof DIALECTS)[number]
