/** MFA resources tell times as ISO 8601 in UTC; what Assent came with was never made, and has none. */
export function toIso<Name extends string>(
  times: Readonly<Record<Name, number | undefined>>,
): { [each in Name]?: string } {
  const told = Object.entries<number | undefined>(times).filter(([, time]) => time)
  return Object.fromEntries(told.map(([name, time]) => [name, new Date(time ?? 0).toISOString()])) as {
    [each in Name]?: string
  }
}
