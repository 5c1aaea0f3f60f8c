import type { AddedType, OwnDevice, OwnDevices, Refusal } from '../bank/bank-api.ts'
import { isRefusal, listDevices, makeDefault, removeDevice, renameDevice } from './bank-calls.ts'
import { kindOf, nameOf } from './device-texts.ts'
import { pressTwice } from './press-twice.ts'
import { NO_ANSWER, refusalText } from './refusal-texts.ts'
import { byId, copyOf, LANGUAGE, moveTo, part } from './screen.ts'

export interface SecurityScreen {
  /** Lists the devices as they are now. */
  open(): Promise<void>
  /** What may still be added. */
  allowed(): readonly AddedType[]
}

/** Somebody's own devices. */
export function createSecurityScreen(): SecurityScreen {
  const list = byId('devices')
  const problem = byId('security-problem')
  let allowed: readonly AddedType[] = []

  async function change(call: () => Promise<OwnDevices | Refusal>, said?: string): Promise<void> {
    try {
      const answer = await call()
      problem.textContent = isRefusal(answer) ? refusalText(answer) : ''
      if (isRefusal(answer)) return
      draw(answer)
      if (said === undefined) return
      byId('security-news').textContent = said
      moveTo(byId('security-title'))
    } catch {
      problem.textContent = NO_ANSWER
    }
  }

  function draw({ devices, allowed: types }: OwnDevices): void {
    allowed = types
    byId('add-device').hidden = types.length === 0
    list.replaceChildren(...devices.map(row))
  }

  function row(device: OwnDevice): HTMLElement {
    const element = copyOf('device')
    const name = nameOf(device)
    const since = device.since && new Date(device.since).toLocaleDateString(LANGUAGE, { dateStyle: 'medium' })
    part(element, 'name').textContent = name
    part(element, 'kind').textContent = [kindOf(device.type), since && `since ${since}`].filter(Boolean).join(', ')
    part(element, 'default').hidden = !device.isDefault
    for (const button of element.querySelectorAll<HTMLElement>('.acts button')) {
      button.ariaLabel = `${button.textContent}: ${name}`
    }
    const prefer = part(element, 'prefer')
    prefer.hidden = device.isDefault
    prefer.addEventListener('click', () => void change(() => makeDefault(device.id), `${name} is asked first.`))
    pressTwice(part(element, 'remove'), 'Really remove?', () => {
      void change(() => removeDevice(device.id), `${name} is removed.`)
    })
    wireRenaming(element, device)
    return element
  }

  function wireRenaming(element: HTMLElement, device: OwnDevice): void {
    const form = part<HTMLFormElement>(element, 'new-name-form')
    const field = part<HTMLInputElement>(element, 'new-name')
    part(element, 'rename').addEventListener('click', () => {
      form.hidden = false
      field.value = nameOf(device)
      field.select()
      field.focus()
    })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const name = field.value.trim()
      void change(() => renameDevice(device.id, name), name ? `It is called ${name} now.` : 'Its name is gone.')
    })
  }

  return { open: () => change(listDevices), allowed: () => allowed }
}
