import type { Connection, PageView } from '../index.ts'
import { furnish, SIGNS } from './appearance.ts'
import { inWords, languageOf } from './countdown.ts'
import { STATUS_TEXTS, TEXTS } from './texts.ts'

/** Seconds left at which a screen reader is told; each second would drown everything else. */
const ANNOUNCED_AT = [60, 30, 10]

/** What `<assent-waiting>` shows. All is written as text: nothing that came from afar is ever read as markup. */
export class Face {
  readonly #host: HTMLElement
  readonly #find: (selector: string) => Element | null
  #secondsShown = 0

  constructor(host: HTMLElement) {
    this.#host = host
    this.#find = furnish(host)
  }

  /** @param state empty: there is nothing to wait for */
  show(state: 'waiting' | 'failed' | ''): void {
    this.#begin(state, this.#text(state))
    if (state === 'failed') this.#showContinue()
  }

  showProgress(view: PageView): void {
    // A status this page has words for is progress worth telling (`until="complete"`); any other is still waiting.
    this.#write('status', this.#statusText(view) ?? this.#text('waiting'))
    this.#write('hint', view.number && this.#text('number'))
    // Spaced, so that a screen reader says the digits one by one.
    this.#write('number', view.number && [...view.number].join(' '))
  }

  showConnection(connection: Connection): void {
    this.#write('connection', connection === 'live' ? '' : this.#text(connection))
  }

  /** @param seconds undefined: nobody has said yet */
  showTimeLeft(seconds: number | undefined): void {
    if (seconds === undefined || seconds === this.#secondsShown) return
    // In the language of the words around it.
    const language = this.#host.hasAttribute('text-left') ? languageOf(this.#host) : 'en'
    const text = seconds ? this.#text('left', inWords(seconds, language)) : ''
    this.#write('time', text)
    if (ANNOUNCED_AT.some((mark) => seconds <= mark && mark < this.#secondsShown)) this.#write('announcement', text)
    this.#secondsShown = seconds
  }

  showOutcome(view: PageView): void {
    const text = this.#statusText(view) ?? this.#text('answered', timeOf(view, this.#host))
    this.#begin('ended', text, view.challengeStatus)
    this.#showContinue()
  }

  #showContinue(): void {
    const href = this.#host.getAttribute('continue-href')
    if (!href) return
    this.#find('a')?.setAttribute('href', href)
    this.#write('continue', this.#host.getAttribute('continue-label') ?? this.#text('continue'))
  }

  #begin(state: string, text?: string, status = ''): void {
    this.#write('status', text)
    for (const name of ['hint', 'number', 'connection', 'time', 'continue', 'announcement']) this.#write(name)
    this.#secondsShown = 0
    this.#host.setAttribute('state', state)
    this.#host.setAttribute('status', status)
    this.#find('path')?.setAttribute('d', SIGNS.get(status) ?? '')
  }

  #write(name: string, text = ''): void {
    const place = this.#find(`[part=${name}]`)
    // Writing the same again would make some screen readers say it again.
    if (place?.textContent !== text) place?.replaceChildren(text)
  }

  #text(word: string, time = ''): string | undefined {
    return (this.#host.getAttribute(`text-${word}`) ?? TEXTS.get(word))?.replace('{}', time)
  }

  #statusText(view: PageView): string | undefined {
    const text = this.#host.getAttribute(`status-${view.challengeStatus}`) ?? STATUS_TEXTS.get(view.challengeStatus)
    return text?.replace('{}', timeOf(view, this.#host))
  }
}

/** When the status changed, as the reader's wall clock says it; the moment itself is by the hub's clock. */
function timeOf(view: PageView, host: HTMLElement): string {
  return new Date(view.statusUpdatedDate).toLocaleTimeString(languageOf(host), { timeStyle: 'short' })
}
