import { afterEach, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startHub } from '../support/hub.ts'
import { kindOfRedisConnection, SUBSCRIBER } from '../support/redis-connection-kind.ts'
import { startRedis } from '../support/redis-server.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { call, create, update } from './pair.ts'
import { hangUpAll, openPage, openPerson } from './sockets.ts'

afterEach(hangUpAll)

// Found by the chaos suite: an instance that lets somebody into a room that is open already, without asking the store, knows
// no more than its silent subscriber, for up to the 6 seconds until a probe shows the silence.
it('a page that moves to an instance whose news is silently cut off is not told an older version', async () => {
  const redis = await startRedis()
  const proxy = await startProxy(redis.url, { kindOf: kindOfRedisConnection })
  const [well, deaf] = await Promise.all([startHub({ REDIS_URL: redis.url }), startHub({ REDIS_URL: proxy.url })])
  onTestFinished(async () => {
    await Promise.all([well.stop(), deaf.stop()])
    await proxy.stop()
    await redis.stop()
  })

  const { challenge, waitToken } = await create(well)
  const neighbour = openPage(deaf.url, { token: waitToken })
  await neighbour.version(1)
  if (proxy.blackhole(true, SUBSCRIBER) !== 1) throw new Error('there was no subscriber to strike')
  proxy.blackhole(false)

  const page = openPage(well.url, { token: waitToken })
  await update(well, challenge, { challengeStatus: 'looking' })
  await page.version(2)
  const moved = openPage(deaf.url, { token: waitToken })
  const first = await moved.statuses.until(() => true)
  expect(first.version).toBeGreaterThanOrEqual(2)
})

// Found by the chaos suite; the same cause. An approver's instance watches a challenge from the moment the inbox
// names it, which is before the challenge is there. Until news of it has come and been read, it is taken for absent, and
// a page that comes meanwhile is told so for good.
it('a page that comes to an instance that has not heard of its challenge yet is let in', async () => {
  const redis = await startRedis()
  const [slow, silent] = await Promise.all([
    startProxy(redis.url),
    startProxy(redis.url, { kindOf: kindOfRedisConnection }),
  ])
  const [well, deaf] = await Promise.all([startHub({ REDIS_URL: slow.url }), startHub({ REDIS_URL: silent.url })])
  onTestFinished(async () => {
    await Promise.all([well.stop(), deaf.stop()])
    await Promise.all([slow.stop(), silent.stop()])
    await redis.stop()
  })
  await openPerson(deaf.url, deaf.approver('ada'))
  const channels = async () => (await redis.cli('pubsub', 'shardchannels')).split('\n').length
  const before = await channels()

  // So that some time passes between the inbox's entry and the challenge itself.
  slow.delay({ toClient: 300 })
  const creating = create(well, { approver: 'ada' })
  await eventually(async () => expect(await channels()).toBeGreaterThan(before))
  // It has subscribed; let it read, too.
  await call(deaf, 'GET', '/healthz')
  silent.blackhole(true, SUBSCRIBER)
  silent.blackhole(false)
  const { waitToken } = await creating
  const page = openPage(deaf.url, { token: waitToken })
  const refused = new Promise((resolve) => page.socket.once('connect_error', ({ message }) => resolve(message)))
  expect(await Promise.race([page.version(1), refused])).toMatchObject({ version: 1 })
})
