import type { ContenderName } from './contenders.ts'
import type { FigureName, Figures } from './figures.ts'
import { median } from './measure/statistics.ts'

/** Every round's figures, by contender. */
export class Results {
  readonly #rounds: Map<ContenderName, Figures>[] = []

  add(round: number, contender: ContenderName, figures: Figures): void {
    this.#rounds[round] ??= new Map()
    this.#rounds[round].set(contender, figures)
  }

  /** What was measured, one value per round. */
  of(contender: ContenderName, figure: FigureName): number[] {
    return this.#rounds.flatMap((round) => round.get(contender)?.[figure] ?? [])
  }

  /** The median of the rounds' own ratios: the two ran next to each other, so the machine's moods cancel out. */
  ratio(contender: ContenderName, to: ContenderName, figure: FigureName): number | undefined {
    const ratios = this.#rounds.flatMap((round) => {
      const [value, base] = [round.get(contender)?.[figure], round.get(to)?.[figure]]
      return value === undefined || base === undefined ? [] : value / base
    })
    return ratios.length === 0 ? undefined : median(ratios)
  }

  total(contender: ContenderName, figure: FigureName): number {
    return this.of(contender, figure).reduce((sum, value) => sum + value, 0)
  }
}
