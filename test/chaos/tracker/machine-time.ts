/** Milliseconds of the machine's monotonic clock: the same for every process on it, and never set back. */
export function machineTime(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000
}

const EPOCH_AHEAD = Date.now() - machineTime()

/** When it was, by the machine's clock, that the wall clock showed `epoch`: Redis's times are of the same wall clock. */
export function toMachineTime(epoch: number): number {
  return epoch - EPOCH_AHEAD
}
