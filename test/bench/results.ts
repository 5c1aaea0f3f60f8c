import type { ContenderName } from './contenders/contender.ts'
import type { FigureName, Figures } from './figures.ts'
import { median } from './measure/statistics.ts'

export type Round = Partial<Record<ContenderName, Figures>>

/** One figure of one contender. */
export interface Measured {
  readonly contender: ContenderName
  readonly figure: FigureName
}

/** Every round's figures, by contender. */
export class Results {
  readonly rounds: readonly Round[]
  readonly #rounds: Round[]

  constructor(rounds: readonly Round[] = []) {
    this.#rounds = [...rounds]
    this.rounds = this.#rounds
  }

  /** Adds to what was measured on this contender in this round before; a second turn's repeats are counted with the first's. */
  add(round: number, contender: ContenderName, figures: Figures): void {
    this.#rounds[round] ??= {}
    const own = this.#rounds[round]
    const before = own[contender]
    const toldTwice = (before?.toldTwice ?? 0) + (figures.toldTwice ?? 0)
    own[contender] = { ...before, ...figures, toldTwice }
  }

  /** Those that took part, in the order of their first turn. */
  get contenders(): ContenderName[] {
    return [...new Set(this.rounds.flatMap((round) => Object.keys(round) as ContenderName[]))]
  }

  /** What was measured, one value per round. */
  of({ contender, figure }: Measured): number[] {
    return this.rounds.flatMap((round) => round[contender]?.[figure] ?? [])
  }

  /** The rounds' own ratios: the two ran next to each other, so the machine's moods cancel out. */
  ratios(measured: Measured, to: Measured): number[] {
    return this.rounds.flatMap((round) => {
      const value = round[measured.contender]?.[measured.figure]
      const base = round[to.contender]?.[to.figure]
      return value === undefined || base === undefined || base === 0 ? [] : value / base
    })
  }

  /** Their median; undefined where either has not run. */
  ratio(measured: Measured, to: Measured): number | undefined {
    const ratios = this.ratios(measured, to)
    return ratios.length === 0 ? undefined : median(ratios)
  }

  /** The sum over the rounds; undefined where it has not run. */
  total(measured: Measured): number | undefined {
    const values = this.of(measured)
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
  }
}
