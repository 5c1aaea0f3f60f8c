import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startHub } from '../support/hub.ts'
import { startRedis } from '../support/redis-server.ts'
import { stats } from './hubs.ts'

/** A hub in a process of its own, that can be stopped like a machine that hangs. */
async function startHubProcess(redisUrl: string) {
  const module = JSON.stringify(fileURLToPath(new URL('../support/hub.ts', import.meta.url)))
  const code = `const { startHub } = await import(${module}); console.log((await startHub({ REDIS_URL: ${JSON.stringify(redisUrl)} })).url)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

it('counts without an instance that hangs, says so, and does not wait for it', async () => {
  const redis = await startRedis()
  onTestFinished(redis.stop)
  const hub = await startHub({ REDIS_URL: redis.url })
  onTestFinished(hub.stop)
  expect((await stats(hub)).instances).toEqual({ answered: 1, expected: 1 })

  const child = await startHubProcess(redis.url)
  await eventually(async () => expect((await stats(hub)).instances).toEqual({ answered: 2, expected: 2 }))

  child.kill('SIGSTOP')
  const began = performance.now()
  expect((await stats(hub)).instances).toEqual({ answered: 1, expected: 2 })
  expect(performance.now() - began).toBeLessThan(1_000)

  child.kill('SIGCONT')
  await eventually(async () => expect((await stats(hub)).instances).toEqual({ answered: 2, expected: 2 }))

  child.kill('SIGKILL')
  await eventually(async () => expect((await stats(hub)).instances).toEqual({ answered: 1, expected: 1 }))
})
