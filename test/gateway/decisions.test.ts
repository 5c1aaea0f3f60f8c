import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GENEROUS } from '../support/hub.ts'
import { call, create, type Pair, startPair } from './pair.ts'
import { type Answer, ask, hangUpAll, openPage, openPerson, type Person } from './sockets.ts'

const ROUNDS = 50

let pair: Pair
beforeAll(async () => {
  pair = await startPair(GENEROUS)
})
afterAll(async () => {
  hangUpAll()
  await pair.stop()
})

/** What came of a decision, whichever way it was sent. */
interface Outcome {
  readonly ok: boolean
  readonly code?: string | undefined
  readonly record?: object | undefined
  readonly status?: string | undefined
}

const fromAck = ({ ok, error, record, challenge }: Answer): Outcome => ({
  ok,
  code: error?.code,
  record,
  status: challenge?.challengeStatus,
})

describe('a race between two instances', { concurrent: true }, () => {
  const overHttp = async (at: 'a' | 'b', user: string, challenge: string, decision: string): Promise<Outcome> => {
    const hub = pair[at]
    const { status, body } = await call(hub, 'POST', `/v1/approvals/${challenge}`, { decision }, hub.approver(user))
    return { ok: status === 200, code: body.code, record: body.record, status: body.challengeStatus }
  }

  it(`approve against deny, by socket and HTTP, ${ROUNDS} times: one winner, and everyone knows who`, async () => {
    const user = 'racer'
    const people = {
      a: await openPerson(pair.a.url, pair.a.approver(user)),
      b: await openPerson(pair.b.url, pair.b.approver(user)),
    }
    const wins = { approved: 0, denied: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      const { challenge, waitToken } = await create(pair.a, { approver: user })
      const pages = [pair.a, pair.b].map((hub) => openPage(hub.url, { token: waitToken }))
      await Promise.all(pages.map((page) => page.version(1)))
      const [here, there] = round % 2 ? (['a', 'b'] as const) : (['b', 'a'] as const)
      const approving = async () => fromAck(await people[here].approve(challenge))
      const denying =
        round % 3 === 0
          ? () => overHttp(there, user, challenge, 'deny')
          : async () => fromAck(await people[there].deny(challenge))
      const started = round % 4 < 2 ? [approving(), denying()] : [denying(), approving()]
      const outcomes = await Promise.all(started)
      const [winner, ...others] = outcomes.filter(({ ok }) => ok)
      const [loser] = outcomes.filter(({ ok }) => !ok)
      expect(others).toEqual([])
      expect(loser).toMatchObject({
        code: 'challenge_complete',
        record: { challenge, challengeStatus: winner?.status, isChallengeComplete: true, version: 2 },
      })
      for (const page of pages) expect((await page.version(2)).challengeStatus).toBe(winner?.status)
      for (const person of [people.a, people.b]) {
        const news = await person.withdrawn.until((each) => each.challenge === challenge)
        expect(news.challengeStatus).toBe(winner?.status)
      }
      wins[winner?.status as keyof typeof wins] += 1
      for (const page of pages) page.socket.disconnect()
    }
    expect(wins.approved + wins.denied).toBe(ROUNDS)
    for (const person of [people.a, people.b]) {
      expect(person.requested.heard).toHaveLength(ROUNDS)
      expect(person.withdrawn.heard).toHaveLength(ROUNDS)
    }
  })

  it('the approver against the backend: one winner, and the other is told what stands', async () => {
    const user = 'hurried'
    const person = await openPerson(pair.a.url, pair.a.approver(user))
    for (let round = 0; round < 15; round++) {
      const { challenge } = await create(pair.b, { approver: user })
      const change = { challengeStatus: 'cancelled', isChallengeComplete: true }
      const [answer, patched] = await Promise.all([
        person.approve(challenge),
        call(pair.b, 'PATCH', `/v1/challenges/${challenge}`, change),
      ])
      expect([answer.ok, patched.status]).toEqual(answer.ok ? [true, 409] : [false, 200])
      const stands = answer.ok ? 'approved' : 'cancelled'
      expect(answer.ok ? patched.body.record : answer.record).toMatchObject({ challengeStatus: stands, version: 2 })
      expect((await call(pair.b, 'GET', `/v1/challenges/${challenge}`)).body.challengeStatus).toBe(stands)
    }
  })

  it('ten phones of one person that all say yes: all are right, and it happened once', async () => {
    const user = 'tenfold'
    const phones = await Promise.all(
      Array.from({ length: 10 }, (_, at) => {
        const hub = at % 2 ? pair.a : pair.b
        return openPerson(hub.url, hub.approver(user))
      }),
    )
    const { challenge } = await create(pair.a, { approver: user })
    const answers = await Promise.all(phones.map((phone) => phone.approve(challenge)))
    expect(answers.map(({ ok }) => ok)).toEqual(phones.map(() => true))
    expect(new Set(answers.map((answer) => answer.challenge?.version))).toEqual(new Set([2]))
  })

  it('ten devices, one says it first: the others are told', async () => {
    const user = 'many-devices'
    const phones = await Promise.all(
      Array.from({ length: 10 }, (_, at) => {
        const hub = at % 2 ? pair.a : pair.b
        return openPerson(hub.url, hub.approver(user, `device-${at}`))
      }),
    )
    const { challenge } = await create(pair.a, { approver: user })
    const answers = await Promise.all(phones.map((phone) => phone.approve(challenge)))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(new Set(answers.filter(({ ok }) => !ok).map(({ error }) => error?.code))).toEqual(
      new Set(['challenge_complete']),
    )
  })
})

describe('number matching', { concurrent: true }, () => {
  const ready = async (user: string, numberMatching: 2 | 6) => {
    const [here, there] = await Promise.all([pair.a, pair.b].map((hub) => openPerson(hub.url, hub.approver(user))))
    const { challenge, waitToken } = await create(pair.b, { approver: user, numberMatching })
    const page = openPage(pair.b.url, { token: waitToken })
    const { number = '' } = await page.version(1)
    expect(number).toMatch(new RegExp(`^\\d{${numberMatching}}$`))
    return { here: here as Person, there: there as Person, challenge, page, number, wrong: otherThan(number) }
  }
  const otherThan = (number: string) => `${(Number(number[0]) + 1) % 10}${number.slice(1)}`

  it.each([2, 6] as const)('the right one of %i digits approves', async (digits) => {
    const { here, challenge, page, number } = await ready(`right-${digits}`, digits)
    expect(await here.approve(challenge, { number })).toMatchObject({ ok: true })
    expect(await page.version(2)).toMatchObject({ challengeStatus: 'approved', isChallengeComplete: true })
  })

  it('none is asked for by name, and costs no attempt', async () => {
    const { here, there, challenge, number, wrong } = await ready('forgetful', 2)
    for (let round = 0; round < 4; round++) {
      expect(await here.approve(challenge)).toMatchObject({
        ok: false,
        error: { code: 'invalid_request', errors: [{ path: 'number' }] },
      })
    }
    expect(await there.approve(challenge, { number: wrong })).toMatchObject({
      ok: false,
      error: { code: 'number_mismatch', attemptsRemaining: 2 },
    })
    expect(await here.approve(challenge, { number })).toMatchObject({ ok: true })
  })

  it('three wrong ones, over both instances, and it is denied; the right one comes too late', async () => {
    const { here, there, challenge, page, number, wrong } = await ready('guesser', 6)
    const guesses = [
      await here.approve(challenge, { number: wrong }),
      await there.approve(challenge, { number: wrong }),
    ]
    expect(guesses.map(({ error }) => error?.attemptsRemaining)).toEqual([2, 1])
    await page.version(3)
    expect(page.statuses.heard.map(({ statusVersion }) => statusVersion)).toEqual([1, 1, 1])
    expect(await here.approve(challenge, { number: wrong })).toMatchObject({
      ok: false,
      error: { code: 'number_mismatch', attemptsRemaining: 0 },
    })
    expect(await page.version(4)).toMatchObject({ challengeStatus: 'denied', isChallengeComplete: true })
    for (const person of [here, there]) {
      const news = await person.withdrawn.until(() => true)
      expect(news).toEqual({ challenge, challengeStatus: 'denied' })
      expect(await person.approve(challenge, { number })).toMatchObject({
        ok: false,
        error: { code: 'challenge_complete' },
      })
    }
  })

  it('nine guesses at once, from two instances, are three at most', async () => {
    const { here, there, challenge, page, wrong } = await ready('storm', 6)
    const guesses = Array.from({ length: 9 }, (_, at) => (at % 2 ? here : there).approve(challenge, { number: wrong }))
    const codes = (await Promise.all(guesses)).map(({ ok, error }) => (ok ? 'ok' : error?.code))
    expect(codes.filter((code) => code === 'number_mismatch')).toHaveLength(3)
    expect(codes.filter((code) => code === 'challenge_complete')).toHaveLength(6)
    expect(await page.version(4)).toMatchObject({ challengeStatus: 'denied' })
  })

  it('denying needs none', async () => {
    const { there, challenge, page } = await ready('refuser', 6)
    expect(await there.deny(challenge, { reason: 'not me' })).toMatchObject({ ok: true })
    expect(await page.version(2)).toMatchObject({ challengeStatus: 'denied', isChallengeComplete: true })
  })

  it('what is no number is refused by name, and costs no attempt', async () => {
    const { here, challenge, number, wrong } = await ready('strange', 6)
    for (const typed of ['', 'abc', '1234567', '12 345', null, true, [number], { number }, 1.5, -1, `${number}\n`]) {
      expect(await here.approve(challenge, { number: typed })).toMatchObject({
        ok: false,
        error: { code: 'invalid_request', errors: [{ path: 'number' }] },
      })
    }
    expect(await here.approve(challenge, { number: wrong })).toMatchObject({ error: { attemptsRemaining: 2 } })
  })
})

describe('what a decision may say', { concurrent: true }, () => {
  it.each([
    ['nothing', [], ''],
    ['null', [null], ''],
    ['a word', ['yes'], ''],
    ['no challenge', [{}], 'challenge'],
    ['a challenge that is a number', [{ challenge: 7 }], 'challenge'],
    ['a challenge of a hundred and one characters', [{ challenge: 'x'.repeat(101) }], 'challenge'],
    ['a reason of 501 characters', [{ challenge: 'x', reason: 'x'.repeat(501) }], 'reason'],
    ['a reason that rings', [{ challenge: 'x', reason: 'ding\u0007' }], 'reason'],
    ['a reason written backwards', [{ challenge: 'x', reason: 'a\u202eb' }], 'reason'],
    ['a decision as over HTTP', [{ challenge: 'x', decision: 'approve' }], 'decision'],
    ['a user', [{ challenge: 'x', user: 'somebody' }], 'user'],
  ])('%s is refused by name', async (_what, body, path) => {
    const { socket } = await openPerson(pair.a.url, pair.a.approver('talker'))
    for (const event of ['approve', 'deny']) {
      const answer = await ask(socket, event, ...body)
      expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_request', errors: [{ path }] } })
    }
  })

  it('without an acknowledgement nothing is done', async () => {
    const { socket, approve } = await openPerson(pair.a.url, pair.a.approver('mute'))
    const { challenge } = await create(pair.a, { approver: 'mute' })
    socket.emit('approve')
    socket.emit('deny', { challenge })
    socket.emit('deny', { challenge }, 'more')
    expect(await approve(challenge)).toMatchObject({ ok: true })
  })
})
