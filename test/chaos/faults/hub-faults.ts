import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { FAKETIME } from '../../support/tools.ts'
import { EVERYWHERE, type Fault, FaultMissed, oneOf, twoOf } from './fault.ts'

const WRONG_CLOCK_MS = 12_000
const MINUTE_MS = 60_000

export const hubKilled: Fault = {
  name: 'hub-killed',
  touches: 'hub',
  on: EVERYWHERE,
  strike: ({ hubs }, chance) => oneOf(hubs, chance).killAndStart(1_500),
}

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  touches: 'hub',
  on: ['standalone'],
  async strike({ hubs }, chance) {
    for (const hub of chance.shuffled(hubs)) await hub.stopAndStart()
  },
}

export const hubClockOff: Fault = {
  name: 'hub-clock-off',
  touches: 'hub',
  on: ['standalone'],
  async strike({ hubs }, chance) {
    const [early, late] = twoOf(hubs, chance)
    try {
      await early.stopAndStart(clockOff('-5m'))
      await late.stopAndStart(clockOff('+5m'))
      for (const { clockError, number } of [early, late]) {
        if (Math.abs(clockError) < 4 * MINUTE_MS) throw new FaultMissed(`the clock of hub ${number} is right`)
      }
      await sleep(WRONG_CLOCK_MS)
    } finally {
      await early.stopAndStart()
      await late.stopAndStart()
    }
  },
}

/** The environment of a process whose wall clock is wrong; its monotonic clock runs on as it is. */
function clockOff(offset: string): Record<string, string> {
  const library = execFileSync(FAKETIME, ['-f', offset, 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim()
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}
