/** What a flow hands over: a field that was left empty is `''` or null there. */
export type Given<Value> = Value | '' | null | undefined

/** The first of these that was not left empty: a custom value stands before its twin. */
export function given<Value>(...values: readonly Given<Value>[]): Value | undefined {
  return values.find((value): value is Value => value !== undefined && value !== null && value !== '')
}

/** Without the fields that were left empty; undefined when all were. */
export function filled<Fields extends object>(fields: Fields): Partial<Fields> | undefined {
  const entries = Object.entries(fields).filter(([, value]) => given(value) !== undefined)
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Partial<Fields>)
}

/** `{ id }`; undefined for one that was left empty. */
export function named(...ids: readonly Given<string>[]): { readonly id: string } | undefined {
  const id = given(...ids)
  return id === undefined ? undefined : { id }
}
