import { GENEROUS, startHub } from '../support/hub.ts'
import { API_KEYS, describeContract } from './contract.ts'

describeContract('one instance on the memory store', async () => {
  const hub = await startHub({ API_KEYS, ...GENEROUS })
  return { one: hub, other: hub, stop: hub.stop }
})
