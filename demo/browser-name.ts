const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const

const SYSTEMS = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const

/** "Firefox on Windows". Only for a person to recognise: what a browser says of itself proves nothing. */
export function browserName(userAgent = ''): string {
  const browser = BROWSERS.find(([mark]) => userAgent.includes(mark))?.[1] ?? 'A browser'
  const system = systemName(userAgent)
  return system ? `${browser} on ${system}` : browser
}

export function systemName(userAgent: string): string | undefined {
  return SYSTEMS.find(([mark]) => userAgent.includes(mark))?.[1]
}
