import { expect, it } from 'vitest'
import { subscribeToPush } from '../../demo/pages/subscribe-to-push.ts'

const [OLD, NEW] = [1, 2].map((byte) => Buffer.alloc(65, byte).toString('base64url')) as [string, string]

/** A browser's side of it: one subscription at a time, with the key it was made with. */
function createPushManager(key?: string) {
  const asked: object[] = []
  let endpoint = 0
  let standing = key === undefined ? undefined : subscription(key)
  function subscription(withKey: string) {
    const at = `https://push.example/${++endpoint}`
    const { buffer, byteOffset, length } = Buffer.from(withKey, 'base64url')
    return {
      options: { applicationServerKey: buffer.slice(byteOffset, byteOffset + length) },
      unsubscribe: async () => {
        standing = undefined
        return true
      },
      toJSON: () => ({ endpoint: at }),
    }
  }
  const pushManager = {
    getSubscription: async () => standing ?? null,
    subscribe: async (options: { applicationServerKey: string }) => {
      asked.push(options)
      standing ??= subscription(options.applicationServerKey)
      return standing
    },
  }
  return { asked, registration: { pushManager } as unknown as ServiceWorkerRegistration }
}

it('subscribes with the hub’s key, and promises to show whatever is pushed', async () => {
  const { asked, registration } = createPushManager()
  expect(await subscribeToPush(registration, NEW)).toEqual({ endpoint: 'https://push.example/1' })
  expect(asked).toEqual([{ userVisibleOnly: true, applicationServerKey: NEW }])
})

it('keeps a subscription with the same key', async () => {
  const { registration } = createPushManager(NEW)
  expect(await subscribeToPush(registration, NEW)).toEqual({ endpoint: 'https://push.example/1' })
})

it('gives up one with a key the hub no longer has: no push would reach it', async () => {
  const { registration } = createPushManager(OLD)
  expect(await subscribeToPush(registration, NEW)).toEqual({ endpoint: 'https://push.example/2' })
})
