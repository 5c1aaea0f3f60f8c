import { encode } from 'uqr'
import { byId } from './screen.ts'

const UNREACHABLE_HOSTS = ['localhost', '127.0.0.1', '[::1]']
const QUIET = 2

/** Shows a code three times: to scan, to type, and as a link for who has the phone page in this browser. */
export function showScan(card: string, kind: 'pair' | 'sign-on', code: string): void {
  const link = new URL('phone', location.href)
  // Behind the `#`, which no browser ever sends: no log, proxy or `Referer` sees it.
  link.hash = `${kind}=${code}`
  drawCode(byId<HTMLElement>(`${card}-qr`), link.href)
  byId(`${card}-code`).textContent = grouped(code)
  byId<HTMLAnchorElement>(`${card}-link`).href = link.href
  byId(`${card}-unreachable`).hidden = !UNREACHABLE_HOSTS.includes(location.hostname)
}

/** In two or three groups, as people read and type them. */
function grouped(code: string): string {
  const size = code.length % 4 === 0 ? 4 : 5
  return code.match(new RegExp(`.{1,${size}}`, 'g'))?.join(' ') ?? code
}

export function drawCode(svg: Element, text: string): void {
  const { data, size } = encode(text, { ecc: 'L', border: QUIET })
  const dark = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`)
  svg.querySelector('path')?.setAttribute('d', dark.join(''))
}
