import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends a run with `N passed, N failed`, alone on the last line. A file that could not be loaded, a failed hook and an
 * error nobody caught count as failures too: a run that is red must never say "0 failed".
 */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0
    let failed = unhandledErrors.length
    for (const module of modules) {
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        if (state === 'failed') failed++
      }
    }
    // At exit, because everything else that reports (the summary, a teardown's complaint) must stand above it.
    process.once('exit', (code) => {
      if (code !== 0 && failed === 0) failed = 1
      process.stdout.write(`${passed} passed, ${failed} failed\n`)
    })
  }
}
