import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChaosOptions } from './options.ts'
import type { BrokenReport, RoundReport, RunReport } from './report.ts'

/** So many broken promises are told in words; the JSON has them all. */
const TOLD_BROKEN = 20

/** The one line a run ends with. */
export function lastLine(runs: readonly RunReport[]): string {
  const sum = (what: 'faults' | 'pages' | 'challenges' | 'lost' | 'duplicates') =>
    runs.reduce((total, run) => total + run[what], 0)
  const worst = Math.round(Math.max(...runs.map((run) => run.worst)))
  const counts = `faults=${sum('faults')} pages=${sum('pages')} challenges=${sum('challenges')}`
  return `chaos: ${counts} lost=${sum('lost')} duplicates=${sum('duplicates')} worst_ms=${worst}`
}

/** Writes `report.json` and `report.txt` into the folder; answers the text. */
export async function writeReport(folder: string, options: ChaosOptions, runs: readonly RunReport[]): Promise<string> {
  const text = `${runs.map((run) => toText(run, options)).join('\n')}\n${lastLine(runs)}\n`
  await writeFile(join(folder, 'report.json'), `${JSON.stringify({ options, runs }, null, 2)}\n`)
  await writeFile(join(folder, 'report.txt'), text)
  return text
}

function toText(run: RunReport, { seed, pages }: ChaosOptions): string {
  const away = run.outages.reduce((sum, { holder, ms }) => sum + (holder === undefined ? ms : 0), 0)
  return `
${run.redis}, seed ${seed}, ${run.gathered} of ${pages} pages at a time, ${run.seconds} s; the store accepted no write for ${away} ms in all; longest stall of the load ${run.longestStall} ms
${run.challenges} challenges, ${run.pages} pages, ${run.told} changes told; rolled back by failovers: ${run.rolledBack}

${toTable(run.rounds)}
${run.broken.length === 0 ? 'Every promise was kept.' : toBrokenText(run.broken)}
`
}

function toTable(rounds: readonly RoundReport[]): string {
  const head = ['fault', 'at s', 'for s', 'pages', 'told', 'p50 ms', 'p99 ms', 'worst ms']
  const rows = rounds.map(({ name, at, ms, pages, told, p50, p99, worst }) => [
    name,
    ...[at / 1_000, ms / 1_000].map((seconds) => seconds.toFixed(1)),
    ...[pages, told, p50, p99, worst].map((figure) => (Number.isNaN(figure) ? '-' : String(figure))),
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)))
  const toLine = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return [head, ...rows].map(toLine).join('\n')
}

function toBrokenText(broken: readonly BrokenReport[]): string {
  const told = broken
    .slice(0, TOLD_BROKEN)
    .map(({ promise, what, at, round, challenge, page, kind, holder, story }) => {
      const who = [
        challenge && `challenge ${challenge}`,
        page !== undefined && `page ${page} (${kind}, holder ${holder})`,
      ].filter(Boolean)
      const where = `${(at / 1_000).toFixed(3)} s, ${round}`
      return [
        `  [${promise}] ${what}`,
        `    ${[where, ...who].join('; ')}`,
        ...(story ? [`    ${story.join(' | ')}`] : []),
      ].join('\n')
    })
  const more = broken.length > told.length ? [`  … and ${broken.length - told.length} more, in report.json`] : []
  return [`Broken promises: ${broken.length}`, ...told, ...more].join('\n')
}
