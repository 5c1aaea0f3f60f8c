import { ensureBuilt } from './built.ts'
import { ensureTools } from './tools.ts'

/** Runs once, before any test file. */
export default function setup(): void {
  ensureTools()
  ensureBuilt()
}
