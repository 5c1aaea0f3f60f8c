/** What can't be undone is asked once more, on the button itself; whoever goes elsewhere has changed their mind. */
export function pressTwice(button: HTMLElement, question: string, act: () => void): void {
  const { textContent, ariaLabel } = button
  let isAsked = false
  button.addEventListener('click', ({ detail }) => {
    // A double click has read nothing in between.
    if (detail > 1) return
    if (isAsked) return act()
    isAsked = true
    button.textContent = question
    button.ariaLabel = ariaLabel && `${question} ${ariaLabel}`
  })
  button.addEventListener('blur', () => {
    isAsked = false
    button.textContent = textContent
    button.ariaLabel = ariaLabel
  })
}
