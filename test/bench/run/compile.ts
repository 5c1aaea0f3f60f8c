import { join } from 'node:path'
import { build } from 'esbuild'

const here = import.meta.dirname
/** Inside node_modules, so that bare imports resolve, git looks away and nothing is published. */
const OUTPUT = join(here, '../../../node_modules/.cache/assent-bench')

export const COMPILED = {
  floor: join(OUTPUT, 'floor-server.js'),
  naive: join(OUTPUT, 'naive-server.js'),
  pushpinOrigin: join(OUTPUT, 'pushpin-origin.js'),
  polling: join(OUTPUT, 'polling-server.js'),
  collectOnSignal: join(OUTPUT, 'collect-on-signal.js'),
}

/** The hub runs as compiled JavaScript; so do its rivals. */
export async function compileRivals(): Promise<void> {
  await build({
    entryPoints: [
      join(here, '../rivals/floor-server.ts'),
      join(here, '../rivals/naive-server.ts'),
      join(here, '../rivals/polling-server.ts'),
      join(here, '../rivals/pushpin-origin.ts'),
      join(here, 'collect-on-signal.ts'),
    ],
    outdir: OUTPUT,
    entryNames: '[name]',
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  })
}
