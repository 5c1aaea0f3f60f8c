import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether this program can be started by its name or path. */
export function isInstalled(program: string): boolean {
  const places = program.includes('/')
    ? [program]
    : (process.env.PATH ?? '').split(delimiter).map((at) => join(at, program))
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
