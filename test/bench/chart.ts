import { BarChart } from 'echarts/charts'
import { GridComponent, TitleComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { ContenderName } from './contenders/contender.ts'
import type { FigureName } from './figures.ts'
import { median } from './measure/statistics.ts'
import type { Results } from './results.ts'

/*
 * Apache ECharts, because it writes SVG in Node without a DOM or native code, is alive, and brings two packages along;
 * of all its parts only bars and titles are loaded.
 */
echarts.use([BarChart, GridComponent, TitleComponent, SVGRenderer])

interface Panel {
  readonly title: string
  readonly figure: FigureName
  readonly digits: number
  /** Its bar would make all others look alike. */
  readonly without?: ContenderName
}

const PANELS: readonly Panel[] = [
  { title: 'One lifecycle: server CPU, µs', figure: 'cpuPerLifecycle', digits: 0 },
  { title: 'One update to its page: server CPU, µs', figure: 'cpuPerPush', digits: 0 },
  { title: 'Push latency at 500/s: p99, ms', figure: 'pushLatencyP99', digits: 1, without: 'polling' },
  { title: 'One waiting page: server memory, KiB', figure: 'memoryPerPage', digits: 1 },
]

/** What instances cost one another is a table of its own. */
const GROWN: readonly ContenderName[] = ['hub-2', 'hub-4', 'naive-2', 'naive-4']

const WIDTH = 860
const TOP = 46
const LINE = 24
const COLUMNS = 2

/** Mid-tones, which stand out on white and on black; words take the colour of the page, see `STYLE`. */
const HUB = '#2f81f7'
const RIVAL = '#8b949e'
const TITLE = '<title>The hub beside its rivals: shorter bars are better</title>'
const STYLE = '<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>'

/** Bars for what everybody did, as an SVG that reads on light and on dark paper. */
export function drawChart(results: Results): string {
  const panels = PANELS.map((panel) => ({ ...panel, bars: toBars(results, panel) })).filter(
    ({ bars }) => bars.length > 0,
  )
  const height = TOP + LINE * Math.max(0, ...panels.map(({ bars }) => bars.length)) + 14
  const places = panels.map((_, index) => ({
    left: (index % COLUMNS) * (WIDTH / COLUMNS),
    top: Math.floor(index / COLUMNS) * height,
  }))
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH,
    height: height * Math.ceil(panels.length / COLUMNS),
  })
  const words = { color: 'currentColor', fontFamily: 'system-ui, sans-serif' }
  chart.setOption({
    animation: false,
    title: panels.map(({ title }, index) => ({
      text: title,
      left: places[index]?.left,
      top: (places[index]?.top ?? 0) + 10,
      textStyle: { ...words, fontSize: 14 },
    })),
    grid: panels.map(({ bars }, index) => ({
      left: (places[index]?.left ?? 0) + 106,
      top: (places[index]?.top ?? 0) + TOP,
      width: WIDTH / COLUMNS - 171,
      height: LINE * bars.length,
    })),
    xAxis: panels.map((_, gridIndex) => ({ type: 'value', gridIndex, show: false })),
    yAxis: panels.map(({ bars }, gridIndex) => ({
      type: 'category',
      gridIndex,
      inverse: true,
      data: bars.map(({ contender }) => contender),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...words, fontSize: 12, interval: 0 },
    })),
    series: panels.map(({ bars, digits }, index) => ({
      type: 'bar',
      silent: true,
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: 14,
      label: {
        ...words,
        show: true,
        position: 'right',
        fontSize: 12,
        formatter: ({ value }: { value: unknown }) => Number(value).toFixed(digits),
      },
      data: bars.map(({ contender, value }) => ({
        value,
        itemStyle: { color: contender.startsWith('hub') ? HUB : RIVAL, borderRadius: 2 },
      })),
    })),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  // What should happen under a mouse has no place in a picture.
  const still = svg.replace(/<style ><!\[CDATA\[[\s\S]*?<\/style>\s*/, '').replace(/ class="[^"]*"/g, '')
  return `${still.replace('>', `>${TITLE}${STYLE}`)}\n`
}

function toBars(results: Results, { figure, without }: Panel): { contender: ContenderName; value: number }[] {
  return results.contenders
    .filter((contender) => contender !== without && !GROWN.includes(contender))
    .map((contender) => ({ contender, value: median(results.of({ contender, figure })) }))
    .filter(({ value }) => !Number.isNaN(value))
}
