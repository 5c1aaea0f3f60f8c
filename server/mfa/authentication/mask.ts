/** Enough of an address to know one's own: `+49*****67`, `ab****@example.com`. */
export function masked(address: string): string {
  const at = address.lastIndexOf('@')
  if (at < 0) return `${address.slice(0, 3)}${'*'.repeat(Math.max(1, address.length - 5))}${address.slice(-2)}`
  const shown = at > 3 ? 2 : at > 1 ? 1 : 0
  return `${address.slice(0, shown)}****${address.slice(at)}`
}
