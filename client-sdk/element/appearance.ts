/**
 * Text takes the page's own colour, so it reads as well as the page does, light or dark. The sign's colours hold 3:1 on
 * white and on near-black alike; a page sets `--assent-accent`, `--assent-approved` and `--assent-denied` for its own.
 */
const STYLE = `
:host{display:block;text-align:center;--sign:var(--assent-accent,#2b7de9)}
:host([hidden]),p:empty,a:empty{display:none}
:host([status=approved]){--sign:var(--assent-approved,#17944c)}
:host([status=denied]){--sign:var(--assent-denied,#dd4038)}
p{margin:.4em 0}
svg{display:block;margin:auto;width:3rem;fill:none;stroke:var(--sign);stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
:host([state=waiting]) circle{transform-origin:50% 50%;stroke-dasharray:62 100;animation:turn 1.1s linear infinite}
@keyframes turn{to{transform:rotate(1turn)}}
@media (prefers-reduced-motion:reduce){:host([state=waiting]) circle{animation:none;stroke-dasharray:.1 7.08}}
[part=status]{font-size:1.2em;font-weight:600}
[part=number]{font-size:clamp(2.6rem,13vw,4.5rem);font-weight:700;line-height:1.1;margin:0}
[part=announcement]{position:absolute;clip-path:inset(50%)}
a{color:var(--assent-accent,LinkText)}
`

const MARKUP = `
<svg part="spinner" viewBox="0 0 36 36" aria-hidden="true"><circle cx="18" cy="18" r="16"/><path/></svg>
<div aria-live="polite"><p part="status"></p><p part="hint"></p><p part="number"></p>
<p part="connection"></p><p part="announcement"></p></div>
<p part="time"></p><slot></slot><a part="continue"></a>
`

/** The sign in the ring once the wait has ended: a tick, a cross, the hands of a clock; an empty ring for other words. */
export const SIGNS: ReadonlyMap<string, string> = new Map([
  ['approved', 'M11 18.5l5 5 9-11'],
  ['denied', 'M12.5 12.5l11 11m0-11l-11 11'],
  ['timed_out', 'M18 10v8l5 4'],
])

/** Gives the element its shadow root, and how to find what stands in it. */
export function furnish(host: HTMLElement): (selector: string) => Element | null {
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(STYLE)
  // A constructed sheet passes a page's `style-src 'self'`; a <style> element would not.
  root.adoptedStyleSheets = [sheet]
  root.innerHTML = MARKUP
  return (selector) => root.querySelector(selector)
}
