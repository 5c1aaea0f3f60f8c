/** What variables stand for. */
export type Variables = Readonly<Record<string, string>>

const VARIABLE = /\$\{([\w.-]{1,100})\}/g

/** Puts what they stand for in the place of variables; one that nobody knows says nothing. */
export function render(wording: string, variables: Variables): string {
  return wording.replace(VARIABLE, (_all, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] ?? '') : '',
  )
}

/** Digits as a voice says them: one at a time. */
export function spelled(otp: string): string {
  return [...otp].join(', ')
}
