import type { ContenderName } from './contenders/contender.ts'
import { COUNTS, type FigureName, type SectionDescription, TABLES } from './figures.ts'
import { median } from './measure/statistics.ts'
import type { Results } from './results.ts'

/** One table a workload, one line a contender: median (lowest–highest round), and the ratio to the naive server. */
export function toTables(results: Results): string {
  return TABLES.map((section) => toTable(results, section))
    .filter((table) => table !== '')
    .join('\n\n')
}

function toTable(results: Results, section: SectionDescription): string {
  const figures = (
    Object.entries(section.figures) as [FigureName, { label: string; digits: number; compare: boolean }][]
  )
    // A figure nobody has is no column.
    .filter(([figure]) => results.contenders.some((contender) => results.of({ contender, figure }).length > 0))
  const present = results.contenders.filter((contender) =>
    figures.some(([figure]) => results.of({ contender, figure }).length > 0),
  )
  if (present.length === 0) return ''
  const toCell = (contender: ContenderName, figure: FigureName, digits: number, compare: boolean) => {
    if (section === COUNTS) return String(results.total({ contender, figure }) ?? '')
    const ratio = compare ? results.ratio({ contender, figure }, { contender: 'naive', figure }) : undefined
    return toSpread(results.of({ contender, figure }), digits) + (ratio === undefined ? '' : `  ${toRatio(ratio)} ×`)
  }
  const rows = present.map((contender) => [
    contender,
    ...figures.map(([figure, { digits, compare }]) => toCell(contender, figure, digits, compare)),
  ])
  return `${section.title}\n${align([['', ...figures.map(([, { label }]) => label)], ...rows])}`
}

/** The median, with the lowest and the highest round where there are several. */
export function toSpread(values: readonly number[], digits: number): string {
  if (values.length === 0) return ''
  const middle = median(values).toFixed(digits)
  if (values.length === 1) return middle
  return `${middle} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`
}

/** Small ratios keep their first digits. */
export function toRatio(ratio: number): string {
  return ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2)
}

/** Columns under one another, the first to the left, the others to the right, and a rule below the first row. */
export function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  const rule = widths.map((width) => '─'.repeat(width)).join('──')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}
