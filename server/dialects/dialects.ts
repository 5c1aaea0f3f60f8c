import type { KeyObject } from 'node:crypto'
import type { Dialect } from '../http/dialect.ts'
import type { Limits } from '../limits/limits.ts'
import type { MfaContext } from '../mfa/context.ts'
import { apiture } from './apiture/routes.ts'
import type { DialectName } from './names.ts'
import { pingfederate } from './pingfederate/routes.ts'
import { quovo } from './quovo/routes.ts'

/** What dialects are spoken with. */
export interface Speaker {
  readonly mfa: MfaContext
  readonly limits: Limits
  /** What this deployment's instances share and nobody else knows; the first is the newest. */
  readonly secrets: readonly KeyObject[]
}

const OPEN: Readonly<Record<DialectName, (speaker: Speaker) => Dialect>> = { pingfederate, apiture, quovo }

/** The APIs of other products over this engine: each translates, and decides nothing. */
export function openDialects(names: readonly DialectName[], speaker: Speaker): readonly Dialect[] {
  return names.map((name) => OPEN[name](speaker))
}
