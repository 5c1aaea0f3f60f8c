import { byId } from './screen.ts'

export interface TypedForm {
  /** Empties it, and shows what went wrong before, if anything did. */
  clear(problem?: string): void
  focus(): void
}

/**
 * A field for something that is typed, with what is wrong with it under it: `#name-form` holds `#name` and `#name-problem`.
 * @param send answers with what went wrong, or with nothing
 */
export function wireTyped(name: string, send: (typed: string) => Promise<string | undefined>): TypedForm {
  const field = byId<HTMLInputElement>(name)
  const problem = byId(`${name}-problem`)
  let isSending = false

  byId(`${name}-form`).addEventListener('submit', async (event) => {
    event.preventDefault()
    const typed = field.value.trim()
    // A second press while the first is under way must not cost an attempt of its own.
    if (isSending || typed === '') return field.focus()
    isSending = true
    try {
      const wrong = await send(typed)
      mark(wrong ?? '')
      if (wrong === undefined) return
      field.select()
      field.focus()
    } finally {
      isSending = false
    }
  })
  field.addEventListener('input', () => mark(''))

  function mark(text: string): void {
    problem.textContent = text
    field.setAttribute('aria-invalid', String(text !== ''))
  }

  return {
    clear(text = '') {
      field.value = ''
      mark(text)
    },
    focus: () => field.focus(),
  }
}
