import type { ContenderName } from './contenders.ts'
import { FIGURE_NAMES, FIGURES, type FigureName } from './figures.ts'
import { median } from './measure/statistics.ts'
import type { Results } from './results.ts'

/** One line per figure: median (lowest–highest round) of each contender, and the ratios to the naive server. */
export function toTable(results: Results, contenders: readonly ContenderName[]): string {
  const rivals = contenders.filter((name) => name !== 'naive')
  const compared = contenders.includes('naive') ? rivals : []
  const rows = [
    ['', ...contenders, ...compared.map((name) => `${name} ÷ naive`)],
    ...FIGURE_NAMES.map((figure) => [
      FIGURES[figure].label,
      ...contenders.map((name) => toCell(results.of(name, figure), FIGURES[figure].digits)),
      ...compared.map((name) => toRatio(results, name, figure)),
    ]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => row.map((cell, column) => align(cell, widths[column] ?? 0, column)).join('  '))
  const rule = widths.map((width) => '─'.repeat(width)).join('──')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

function toCell(values: readonly number[], digits: number): string {
  if (values.length === 0) return '–'
  const middle = median(values).toFixed(digits)
  if (values.length === 1) return middle
  return `${middle} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`
}

function toRatio(results: Results, name: ContenderName, figure: FigureName): string {
  const ratio = FIGURES[figure].compare ? results.ratio(name, 'naive', figure) : undefined
  return ratio === undefined ? '' : ratio.toFixed(2)
}

function align(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}
