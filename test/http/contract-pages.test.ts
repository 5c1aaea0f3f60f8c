import { GENEROUS, startHub } from '../support/hub.ts'
import { API_KEYS, describeContract } from './contract.ts'

describeContract('one instance, called as by pages: through Express, not the short way past it', async () => {
  const hub = await startHub({ API_KEYS, ...GENEROUS })
  const called = { ...hub, origin: hub.url }
  return { one: called, other: called, stop: hub.stop }
})
