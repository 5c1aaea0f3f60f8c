import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const ELEMENT = fileURLToPath(new URL('../../client-sdk/element/assent-waiting.ts', import.meta.url))

it('adds at most 2.5 KiB, compressed, to a page that has the SDK already', async () => {
  const { outputFiles } = await build({
    entryPoints: [ELEMENT],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['../index.ts'],
    write: false,
  })
  expect(gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length).toBeLessThanOrEqual(2560)
})
