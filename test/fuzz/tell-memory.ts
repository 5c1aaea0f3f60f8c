// Preloaded into the hub that is fuzzed (`node --expose-gc --import`), so that its memory can be read after a full
// collection without a test hook of its own.
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  process.stderr.write(`memory ${JSON.stringify({ heap: heapUsed + external, rss })}\n`)
})
