import { GENEROUS, startHub } from '../support/hub.ts'
import { startRedis } from '../support/redis-server.ts'
import { API_KEYS, describeContract } from './contract.ts'

describeContract('two instances on one Redis', async () => {
  const redis = await startRedis()
  const environment = { REDIS_URL: redis.url, API_KEYS, ...GENEROUS }
  const [one, other] = [await startHub(environment), await startHub(environment)]
  return {
    one,
    other,
    stop: async () => {
      await Promise.all([one.stop(), other.stop()])
      await redis.stop()
    },
  }
})
