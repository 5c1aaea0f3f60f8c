const SIGNS = {
  approved: 'M11 18.5l5 5 9-11',
  denied: 'M12.5 12.5l11 11m0-11l-11 11',
  over: 'M18 10v8l5 4',
} as const

export type Sign = keyof typeof SIGNS

/** Draws a tick, a cross or the hands of a clock into the ring of the `.sign` in `card`. */
export function drawSign(card: HTMLElement, sign: Sign): void {
  card.dataset.sign = sign
  card.querySelector('.sign path')?.setAttribute('d', SIGNS[sign])
}
