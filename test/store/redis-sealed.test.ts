import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { Redis } from 'ioredis'
import { describe, it } from 'vitest'
import { type Document, defineKind, type News } from '../../server/store/store.ts'
import { Recorder } from '../support/recorder.ts'
import { isVersion, type Note, note, notes, someId } from './note.ts'
import { openWorld, type RedisWorld } from './redis-world.ts'

interface Secret extends Document {
  readonly status: string
  readonly approver: string
  readonly claims: readonly { readonly name: string; readonly value: string }[]
}

const secrets = defineKind<Secret>('secret-kind')
const secret: Omit<Secret, 'version'> = {
  status: 'a-status-word',
  approver: 'mallory@example.com',
  claims: [{ name: 'claim-name', value: 'Überweisung an Łódź' }],
}
const ID = 'the-id-of-the-document'
/** None of it may be seen by who can read Redis. */
const WORDS = ['a-status-word', 'mallory@example.com', 'claim-name', 'Überweisung', 'claims', 'secret-kind', ID]

describe.concurrent('redis store: sealed documents', () => {
  it('shows no word of theirs in a dump, in a name or on the wire', async ({ expect }) => {
    await using world = await openWorld()
    const seen = await observe(world)
    expect(seen.length).toBeGreaterThan(1_000)
    expect(WORDS.filter((word) => shows(seen, word))).toEqual([])
  })

  it('would show every word but those in names without a key, so this test can fail', async ({ expect }) => {
    await using world = await openWorld({ storeKeys: [] })
    const seen = await observe(world)
    expect(WORDS.filter((word) => shows(seen, word))).toEqual(WORDS.slice(0, 5))
  })

  it('lets a forged or replayed message reach nobody', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, client } = world
    const [mine, theirs] = [someId(), someId()]
    const heard = new Recorder<News<Note>>()
    await one.watch(notes, mine, heard.listen)
    const [channel = ''] = await world.channels()
    await one.watch(notes, theirs, () => undefined)
    const theirChannel = (await world.channels()).find((other) => other !== channel) ?? ''
    const told = await tap(client, channel, theirChannel)
    for (let version = 1; version <= 3; version++) {
      await other.commit(notes, mine, note(version))
      await other.commit(notes, theirs, note(version))
      await heard.until(isVersion(version))
    }
    for (let version = 4; version <= 6; version++) await other.commit(notes, theirs, note(version))
    await told.until(({ channel, message }) => channel === theirChannel && message[0] === 0x36)

    const messages = (wanted: string) => told.heard.flatMap((each) => (each.channel === wanted ? [each.message] : []))
    const newest = messages(channel)[2] ?? Buffer.of()
    const body = newest.subarray(newest.indexOf('\n') + 1)
    const stranger = await openWorld()
    await stranger.one.watch(notes, mine, () => undefined)
    const [strangeChannel = ''] = await stranger.channels()
    const strange = await tap(stranger.client, strangeChannel)
    for (let version = 1; version <= 4; version++) await stranger.one.commit(notes, mine, note(version))
    await strange.until(({ message }) => message[0] === 0x34)
    await stranger[Symbol.asyncDispose]()

    const forgeries: readonly Buffer[] = [
      ...messages(channel),
      ...messages(theirChannel),
      ...strange.heard.map(({ message }) => message),
      Buffer.of(),
      Buffer.from('\n'),
      Buffer.from('gone'),
      Buffer.from(JSON.stringify(note(4, 'forged'))),
      Buffer.from(`4 forged\n${JSON.stringify(note(4, 'forged'))}`),
      Buffer.from('4 forged\n'),
      Buffer.concat([Buffer.from('4 forged\n'), Buffer.from([0, 1]), Buffer.from(JSON.stringify(note(4, 'forged')))]),
      // The newest document under the next version, and with every byte of it damaged in turn.
      Buffer.concat([Buffer.from('4'), newest.subarray(1)]),
      ...Array.from(body, (byte, at) => Buffer.concat([Buffer.from('4 forged\n'), body.with(at, byte ^ 1)])),
      randomBytes(10_000),
    ]
    for (const forgery of forgeries) await client.spublish(channel, forgery)
    // Behind them on the same channel: had one of them reached the watcher, it would stand before this.
    await other.commit(notes, mine, note(4))
    await heard.until(isVersion(4))
    expect(heard.heard).toEqual([1, 2, 3, 4].map((version) => note(version)))
    expect(one.counters.rejectedMessages).toBeGreaterThan(body.length)
    expect(one.health()).toEqual({ ready: true, doubt: false })
  })

  it('lets no message of an earlier life reach who watches a document that is gone', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, client } = world
    const id = someId()
    const first = await one.watch(notes, id, () => undefined)
    const [channel = ''] = await world.channels()
    const told = await tap(client, channel)
    await other.commit(notes, id, note(1, 'earlier life'))
    await other.commit(notes, id, note(2, 'earlier life'))
    await told.until(({ message }) => message[0] === 0x32)
    await client.del(channel)
    first.close()

    const fresh = await world.connect()
    const heard = new Recorder<News<Note>>()
    const watch = await fresh.watch(notes, id, heard.listen)
    expect(watch.document).toBeUndefined()
    for (const { message } of told.heard.slice(0, 2)) await client.spublish(channel, message)
    await other.commit(notes, id, note(1, 'this life'))
    await heard.until((news) => news !== 'gone' && news.text === 'this life')
    expect(heard.heard).toEqual([note(1, 'this life')])
  })

  it('takes no document from another’s place', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, client } = world
    const [mine, theirs] = [someId(), someId()]
    await other.commit(notes, mine, note(1, 'mine'))
    await other.commit(notes, theirs, note(1, 'theirs'))
    await one.watch(notes, mine, () => undefined)
    const [myKey = ''] = await world.channels()
    const theirKey = (await client.keys('*{*')).find((key) => key !== myKey) ?? ''
    await client.copy(theirKey, myKey, 'REPLACE')
    await expect(other.read(notes, mine)).rejects.toThrow()
    expect((await other.read(notes, theirs))?.text).toBe('theirs')
  })

  it('refuses to start with a key that opens nothing here', async ({ expect }) => {
    await using world = await openWorld()
    await expect(world.connect({ storeKeys: [randomBytes(32)] })).rejects.toThrow(/STORE_KEY/)
  })
})

describe.concurrent('redis store: without a key', () => {
  it('lets a forged message reach nobody, because the store is asked', async ({ expect }) => {
    await using world = await openWorld({ storeKeys: [] })
    const { one, other, client } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    const heard = new Recorder<News<Note>>()
    await one.watch(notes, id, heard.listen)
    const [channel = ''] = await world.channels()
    const forged = Buffer.concat([Buffer.from([0, 1]), Buffer.from(JSON.stringify(note(2, 'forged')))])
    for (const head of ['2 forged\n', '9 forged\n', '1 forged\n', 'x', '']) {
      await client.spublish(channel, Buffer.concat([Buffer.from(head), forged]))
    }
    await other.commit(notes, id, note(2))
    await heard.until(isVersion(2))
    expect(heard.heard).toEqual([note(2)])
  })
})

/** All that Redis stores, is told and passes on while secrets are kept and watched, as one text. */
async function observe({ one, other, redis, client }: RedisWorld): Promise<string> {
  const monitor = connect(redis.port, '127.0.0.1')
  const wire: string[] = []
  await new Promise<void>((resolve) => {
    monitor.on('data', (chunk) => {
      wire.push(String(chunk))
      resolve()
    })
    monitor.write('MONITOR\r\n')
  })
  const heard = new Recorder<News<Secret>>()
  const watch = await one.watch(secrets, ID, heard.listen)
  const messages = await tap(client, ...((await client.pubsub('SHARDCHANNELS')) as string[]))
  for (let version = 1; version <= 3; version++) await other.commit(secrets, ID, { ...secret, version })
  await heard.until((news) => news !== 'gone' && news.version === 3)
  await messages.until(({ message }) => message[0] === 0x33)
  const stored: string[] = []
  for (const key of await client.keys('*')) {
    const [value, dump] = [await client.getBuffer(key), await client.dumpBuffer(key)]
    stored.push(key, String(value), String(dump))
  }
  watch.close()
  monitor.destroy()
  return [...wire, ...stored, ...messages.heard.flatMap(({ channel, message }) => [channel, String(message)])].join(
    '\n',
  )
}

/** As it is, as MONITOR prints it, or in base64 at any of the three places it may begin. */
function shows(seen: string, word: string): boolean {
  const bytes = Buffer.from(word)
  const printed = Array.from(bytes, (byte) =>
    byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('')
  const encoded = [0, 1, 2].map((skip) => {
    const text = Buffer.concat([Buffer.alloc(skip), bytes]).toString('base64url')
    return text.slice(Math.ceil((skip * 4) / 3), Math.floor(((skip + bytes.length) * 8) / 6))
  })
  return [word, printed, bytes.toString('hex'), ...encoded].some((form) => seen.includes(form))
}

interface Told {
  readonly channel: string
  readonly message: Buffer
}

/** Listens as an intruder would. */
async function tap(client: Redis, ...channels: readonly string[]): Promise<Recorder<Told>> {
  const told = new Recorder<Told>()
  const listener = client.duplicate()
  listener.on('error', () => undefined)
  listener.on('smessageBuffer', (channel: Buffer, message: Buffer) =>
    told.listen({ channel: String(channel), message }),
  )
  await listener.ssubscribe(...channels)
  // It ends with the Redis it listens to, and must not try to reach another.
  listener.options.retryStrategy = () => null
  return told
}
