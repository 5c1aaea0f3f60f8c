/** What the pages are written in; dates and times are too. */
export const LANGUAGE = document.documentElement.lang

export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element as E
}

/** A template's own element, as a fresh copy. */
export function copyOf(templateId: string): HTMLElement {
  const element = byId<HTMLTemplateElement>(templateId).content.firstElementChild
  if (!element) throw new Error(`the template #${templateId} is empty`)
  return document.importNode(element, true) as HTMLElement
}

/** Moves the reader's focus to a heading, so that a screen reader says what has become of the page. */
export function moveTo(heading: HTMLElement | null): void {
  heading?.focus({ preventScroll: true })
  heading?.scrollIntoView({ block: 'nearest' })
}

/** What a copied template calls `data-is="name"`. */
export function part<E extends HTMLElement = HTMLElement>(element: HTMLElement, name: string): E {
  const found = element.querySelector<E>(`[data-is="${name}"]`)
  if (!found) throw new Error(`the template has no part "${name}"`)
  return found
}
