import { defineConfig } from 'vitest/config'

const everyFile = ['test/**/*.test.ts']
/** Browsers and whole processes: they would starve whoever measures time beside them. */
const heavyFiles = [
  'test/e2e/**/*.test.ts',
  'test/client-sdk-element/**/*.test.ts',
  'test/fuzz/**/*.test.ts',
  'test/bench/quick.test.ts',
]
/** Pages, each with globals of its own, and whoever measures how soon something is back: too many at once starve one another. */
const timedFiles = ['test/client-sdk/**/*.test.ts', 'test/store/redis-{names,restart}.test.ts']
/** Half a minute of kills and freezes under load: alone, when all else is done. */
const chaosFiles = ['test/chaos/short.test.ts']

const shared = {
  environment: 'node',
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 30_000,
  restoreMocks: true,
} as const

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/tally-reporter.ts'],
    teardownTimeout: 10_000,
    projects: [
      {
        test: {
          ...shared,
          name: 'parts',
          include: everyFile,
          exclude: [...heavyFiles, ...timedFiles, ...chaosFiles],
          // They wait far more than they work, once the modules that they share are not loaded anew for each of them.
          isolate: false,
          maxWorkers: 5,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...shared, name: 'timed', include: timedFiles, maxWorkers: 2, sequence: { groupOrder: 1 } } },
      { test: { ...shared, name: 'whole', include: heavyFiles, maxWorkers: 1, sequence: { groupOrder: 2 } } },
      { test: { ...shared, name: 'chaos', include: chaosFiles, maxWorkers: 1, sequence: { groupOrder: 3 } } },
    ],
  },
})
