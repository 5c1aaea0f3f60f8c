/** Everything that was thrown or rejected where nobody caught it, from now on. */
export function collectUnhandled(): readonly unknown[] {
  const caught: unknown[] = []
  process.on('unhandledRejection', (reason) => caught.push(reason))
  process.on('uncaughtExceptionMonitor', (error) => caught.push(error))
  return caught
}
