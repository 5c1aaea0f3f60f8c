import { expect, it } from 'vitest'
import { runFuzz } from './run-fuzz.ts'

/** Another one each day, and the same all day: CI looks further without failing at random. */
const SEED = Math.floor(Date.now() / 86_400_000)

it('ten thousand strange inputs harm nobody', { timeout: 60_000 }, async () => {
  const { breaches, line } = await runFuzz({ seed: SEED, inputs: 10_000 })
  console.log(line)
  expect(breaches.slice(0, 20), line).toEqual([])
})
