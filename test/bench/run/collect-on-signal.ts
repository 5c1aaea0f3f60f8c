// Preloaded (`node --expose-gc --import`) into every server that is measured, so that the memory of all of them is read
// after a full collection and none needs a test hook of its own.
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  globalThis.gc?.()
})
