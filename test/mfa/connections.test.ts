import { beforeEach, describe, expect, it } from 'vitest'
import { CHALLENGE, GRACE_MS } from '../../server/challenge/challenge.ts'
import { cancelAuthentication, selectDevice } from '../../server/mfa/authentication/change-authentication.ts'
import { beginOnConnection, canBegin } from '../../server/mfa/connections/begin-on-connection.ts'
import { type Binding, bindConnection } from '../../server/mfa/connections/bind-connection.ts'
import { CONNECTION } from '../../server/mfa/connections/connection.ts'
import { askedBy, readConnection, readStanding } from '../../server/mfa/connections/standing.ts'
import type { MfaContext } from '../../server/mfa/context.ts'
import { createDevice } from '../../server/mfa/users/create-device.ts'
import { deleteDevice } from '../../server/mfa/users/manage-user.ts'
import { StoreUnavailable } from '../../server/store/store.ts'
import { createEngine } from './engine.ts'

/* A number that stands for a user: one authentication at a time, named before it is there. */

const NUMBER = 4_224_865
const ADA: Binding = { user: 'ada', by: 'code', challengeTimeout: 86_400 }
const EVE: Binding = { ...ADA, user: 'eve' }

let now: number
let context: MfaContext
/** The kind of document that can not be saved at the moment. */
let cut: string
/** What somebody else does right before a document of a kind is saved. */
let meanwhile: { readonly kind: string; readonly act: () => Promise<unknown> } | undefined

beforeEach(() => {
  now = 1_700_000_000_000
  cut = ''
  meanwhile = undefined
  const before = async ({ name }: { readonly name: string }) => {
    const act = meanwhile?.kind === name ? meanwhile.act : undefined
    if (act) meanwhile = undefined
    await act?.()
    if (name === cut) throw new StoreUnavailable('gone')
  }
  context = createEngine(before, {}, () => now)
})

const withEmail = async (user = 'ada') =>
  (await createDevice(context, user, { type: 'EMAIL', email: `${user}@example.com`, status: 'ACTIVE' })).device
const begin = async () => {
  const begun = await beginOnConnection(context, NUMBER)
  if (!begun) throw new Error('nothing was begun')
  return begun.challenge
}
const stands = (id: string) => context.challenges.store.read(CHALLENGE, id)
const connection = () => context.challenges.store.read(CONNECTION, String(NUMBER))
const standing = () => readStanding(context, NUMBER)
const numberNow = async () => (await standing()).question?.number ?? 0

describe('a binding', () => {
  it('is needed for everything, and the same once more changes nothing', async () => {
    await expect(beginOnConnection(context, NUMBER)).rejects.toMatchObject({ mfa: 'NOT_FOUND' })
    await expect(readStanding(context, NUMBER)).rejects.toMatchObject({ mfa: 'NOT_FOUND' })
    const bound = await bindConnection(context, NUMBER, ADA)
    expect(bound.firstNumber).toBeGreaterThanOrEqual(1_000_000)
    expect(bound.firstNumber).toBeLessThan(2_000_000)
    expect(await bindConnection(context, NUMBER, ADA)).toEqual(bound)
    expect(await connection()).toEqual(bound)
  })

  it('leaves what runs, for whom it is still bound to', async () => {
    await withEmail()
    await bindConnection(context, NUMBER, ADA)
    const { id } = await begin()
    await bindConnection(context, NUMBER, ADA)
    await bindConnection(context, NUMBER, { ...ADA, challengeTimeout: 60 })
    expect((await begin()).id).toBe(id)
    await cancelAuthentication(context, id, {})
    const next = await begin()
    expect(next.expiresAt).toBe(now + 60_000)
  })

  it.each([
    ['another user', EVE],
    ['other means', { ...ADA, by: 'picture' as const }],
  ])('to %s cancels what runs', async (_what, other) => {
    await withEmail()
    await bindConnection(context, NUMBER, ADA)
    const { id } = await begin()
    const number = await numberNow()
    await bindConnection(context, NUMBER, other)
    expect(await stands(id)).toMatchObject({ status: 'cancelled', complete: true })
    const after = await standing()
    expect(after.challenge).toBeUndefined()
    expect(askedBy(after, number)).toBe('over')
  })

  it('that was cut short before it cancelled anything is finished by the next, or by what is begun next', async () => {
    await Promise.all([withEmail(), withEmail('eve')])
    for (const finish of [() => bindConnection(context, NUMBER, EVE), begin]) {
      await bindConnection(context, NUMBER, ADA)
      const { id } = await begin()
      cut = 'challenge'
      await expect(bindConnection(context, NUMBER, EVE)).rejects.toBeInstanceOf(StoreUnavailable)
      cut = ''
      expect(await stands(id)).toMatchObject({ complete: false })
      await finish()
      expect(await stands(id)).toMatchObject({ status: 'cancelled', complete: true })
    }
  })

  it('that was cut short while another one began is finished all the same', async () => {
    await Promise.all([withEmail(), withEmail('eve')])
    await bindConnection(context, NUMBER, EVE)
    let left = ''
    const act = async () => {
      left = (await begin()).id
      cut = 'challenge'
      await expect(bindConnection(context, NUMBER, ADA)).rejects.toBeInstanceOf(StoreUnavailable)
      cut = ''
    }
    meanwhile = { kind: 'connection', act }
    const begun = await begin()
    expect(begun.authentication.kept.user).toBe('ada')
    expect(await stands(left)).toMatchObject({ complete: false })
    expect((await begin()).id).toBe(begun.id)
    expect(await stands(left)).toMatchObject({ status: 'cancelled', complete: true })
  })

  it('to somebody else while one is begun leaves none behind that nobody can answer', async () => {
    await Promise.all([withEmail(), withEmail('eve')])
    await bindConnection(context, NUMBER, ADA)
    let overtaken = ''
    const act = async () => {
      overtaken = (await connection())?.latest?.challenge ?? ''
      await bindConnection(context, NUMBER, EVE)
    }
    meanwhile = { kind: 'challenge', act }
    const begun = await begin()
    expect(begun.authentication.kept.user).toBe('eve')
    expect(await stands(overtaken)).toMatchObject({ status: 'cancelled', complete: true })
    expect((await standing()).challenge?.id).toBe(begun.id)
  })
})

describe('a beginning', () => {
  beforeEach(async () => {
    await bindConnection(context, NUMBER, ADA)
  })

  it('is one, however often it is asked for, until that is over', async () => {
    await withEmail()
    const begins = await Promise.all(Array.from({ length: 5 }, begin))
    const [first] = begins
    expect(new Set(begins.map(({ id }) => id)).size).toBe(1)
    expect(await begin()).toEqual(first)
    await cancelAuthentication(context, first?.id ?? '', {})
    expect((await begin()).id).not.toBe(first?.id)
  })

  it('that was cut short is finished by the next, under the number that it was given', async () => {
    await withEmail()
    cut = 'challenge'
    await expect(begin()).rejects.toBeInstanceOf(StoreUnavailable)
    cut = ''
    const named = (await connection())?.latest
    expect(await standing()).not.toHaveProperty('challenge')
    now += GRACE_MS - 1
    expect((await begin()).id).toBe(named?.challenge)
    expect(await numberNow()).toBe(named?.number)
  })

  it('that is named and was not begun for so long is taken for one that has come and gone', async () => {
    await withEmail()
    cut = 'challenge'
    await expect(begin()).rejects.toBeInstanceOf(StoreUnavailable)
    cut = ''
    const named = (await connection())?.latest
    now += GRACE_MS
    expect((await begin()).id).not.toBe(named?.challenge)
  })

  it('gives each question a number of its own, whatever became of the one before', async () => {
    const device = await withEmail()
    const seen: number[] = []
    for (let round = 0; round < 4; round++) {
      const { id } = await begin()
      seen.push(await numberNow())
      expect(askedBy(await standing(), (seen.at(-1) ?? 0) + 1)).toBe('unknown')
      if (round % 2 === 0) {
        await selectDevice(context, id, { device: { id: device.id } })
        seen.push(await numberNow())
      }
      await cancelAuthentication(context, id, {})
      for (const number of seen) expect(askedBy(await standing(), number)).toBe('over')
    }
    expect(new Set(seen).size).toBe(6)
    const first = Math.min(...seen)
    for (const number of [0, first - 1, Math.max(...seen) + 2])
      expect(askedBy(await standing(), number)).toBe('unknown')
  })

  it('begins anew when what it ran is long forgotten', async () => {
    await withEmail()
    const { id } = await begin()
    const number = await numberNow()
    now += 86_400_000
    expect((await standing()).challenge).toMatchObject({ status: 'timed_out' })
    now += GRACE_MS
    expect(await stands(id)).toBeUndefined()
    expect(askedBy(await standing(), number)).toBe('over')
    expect((await begin()).id).not.toBe(id)
    expect(await numberNow()).toBe(number + 2)
  })

  it('is none where nothing could be asked: what was named for it is begun once something can', async () => {
    expect(await beginOnConnection(context, NUMBER)).toBeUndefined()
    expect(await canBegin(context, await readConnection(context, NUMBER))).toBe(false)
    const named = (await connection())?.latest
    expect(await stands(named?.challenge ?? '')).toBeUndefined()
    await createDevice(context, 'ada', { type: 'TOTP' })
    expect(await beginOnConnection(context, NUMBER)).toBeUndefined()
    expect((await connection())?.latest).toEqual(named)
    await withEmail()
    expect((await begin()).id).toBe(named?.challenge)
    expect(await numberNow()).toBe(named?.number)
  })
})

describe('a key', () => {
  it('means the same device for as long as the question stands', async () => {
    await bindConnection(context, NUMBER, ADA)
    const first = await withEmail()
    const add = async (email: string) =>
      (await createDevice(context, 'ada', { type: 'EMAIL', email, status: 'ACTIVE' })).device
    const [second, third] = [await add('two@example.com'), await add('three@example.com')]
    await begin()
    const keys = async () => (await standing()).question?.choices?.map(({ key, device }) => [key, device.id])
    expect(await keys()).toEqual([first, second, third].map(({ id }, key) => [key, id]))
    await add('four@example.com')
    await deleteDevice(context, 'ada', second.id)
    expect(await keys()).toEqual([
      [0, first.id],
      [2, third.id],
    ])
  })

  it('that none is left of ends the question: what is begun next asks anew', async () => {
    await bindConnection(context, NUMBER, ADA)
    const device = await withEmail()
    const { id } = await begin()
    const number = await numberNow()
    await deleteDevice(context, 'ada', device.id)
    expect((await standing()).question).toBeUndefined()
    expect(askedBy(await standing(), number)).toBe('over')
    expect(await beginOnConnection(context, NUMBER)).toBeUndefined()
    // Nobody waits for what nobody can answer.
    expect(await stands(id)).toMatchObject({ status: 'cancelled', complete: true })
    const other = await withEmail()
    const next = await begin()
    expect(next.authentication.kept.offered).toEqual([other.id])
  })

  it('whose device is removed once it was sent a code leaves nothing to answer', async () => {
    await bindConnection(context, NUMBER, ADA)
    const device = await withEmail()
    const { id } = await begin()
    await selectDevice(context, id, { device: { id: device.id } })
    const number = await numberNow()
    await deleteDevice(context, 'ada', device.id)
    expect((await standing()).question).toBeUndefined()
    expect(askedBy(await standing(), number)).toBe('over')
  })
})
