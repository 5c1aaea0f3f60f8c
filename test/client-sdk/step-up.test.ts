import { TOTP } from 'otpauth'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type StepUpChallenge, waitForStatus } from '../../client-sdk/index.ts'
import { act, addDevice, describeMfa, devicesOf, newEmail, newUser, pairPhone } from '../mfa/world.ts'
import { eventually } from '../support/eventually.ts'
import type { Phone } from '../support/phone.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { Service, TRANSFER } from './step-up-service.ts'

/* What has to be approved before it is done: a service of Express, real hubs, real phones. */

const ROUNDS = 12
const NEXT_STEP_MS = 30_000

describeMfa((world) => {
  /** They share nothing but what the hubs share. */
  let service: Service
  let other: Service
  beforeEach(async () => {
    ;[service, other] = await Promise.all([Service.start(world.one), Service.start(world.other)])
  })
  afterEach(() => Promise.all([service.stop(), other.stop()]))

  const done = () => [...service.done, ...other.done]
  const of = ({ _embedded }: StepUpChallenge, type: string) =>
    _embedded.authenticators.find((each) => each.type === type)?._id ?? ''

  /** Somebody to whom codes are sent. */
  const withEmail = async (user = newUser()) => {
    const email = newEmail()
    await addDevice(world.one, user, { type: 'EMAIL', email, status: 'ACTIVE' })
    return { user, email }
  }
  const code = async (user: string, email: string, { _id: challenge, ...rest }: StepUpChallenge, by = service) => {
    const input = { user, challenge, authenticator: of({ _id: challenge, ...rest }, 'email') }
    const before = world.provider.sentTo(email).length
    await by.stepUp.start(input)
    await eventually(() => world.provider.sentTo(email).length > before)
    return { ...input, code: world.provider.codeFor(email) }
  }
  /** Answers it with the right code. */
  const answer = async (user: string, email: string, challenge: StepUpChallenge, by = service) => {
    await by.stepUp.verify(await code(user, email, challenge, by))
  }
  const answered = async () => {
    const { user, email } = await withEmail()
    const challenge = await service.challenged(user)
    await answer(user, email, challenge)
    return { user, email, challenge }
  }
  const onPhone = async (phone: Phone, { _id }: StepUpChallenge) => {
    const shown = (await phone.approvals(world.other)).find(({ challenge }) => challenge === _id)
    if (!shown) throw new Error('the phone was not asked')
    return shown
  }

  describe('what was not approved', () => {
    it('is answered 401, with the challenge, and is not done', async () => {
      const { user, email } = await withEmail()
      const { status, headers, error, challenge } = await service.send(user)
      expect(status).toBe(401)
      expect(headers.get('content-type')).toBe('application/json')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('www-authenticate')).toBe('StepUp header="Assent-Challenge"')
      expect(error).toEqual({
        _id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        statusCode: 401,
        type: 'challengeRequired',
        message: expect.stringMatching(/\S/),
        occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      })
      expect(challenge).toMatchObject({
        state: 'pending',
        userId: user,
        operation: expect.stringMatching(/^POST \/transfers [0-9a-f]{64}$/),
        waitToken: expect.any(String),
        _embedded: { authenticators: [{ type: 'email', state: 'pending' }] },
      })
      expect(world.provider.sentTo(email)).toEqual([])
      expect(service.done).toEqual([])
    })

    it('stays so when it is repeated too early: the same challenge, as it stands', async () => {
      const { user, email } = await withEmail()
      const { waitToken, challenge: _native, ...first } = await service.challenged(user)
      expect(await other.challenged(user, first._id)).toEqual(first)
      await code(user, email, first)
      const started = await other.challenged(user, first._id)
      expect(started).toMatchObject({ _id: first._id, state: 'pending' })
      expect(started._embedded.authenticators).toMatchObject([{ state: 'started' }])
      expect(done()).toEqual([])
    })

    it('is nobody’s who is not signed on, and the hub is not asked', async () => {
      const { status, error, challenge, headers } = await service.ask('/transfers', {}, TRANSFER)
      expect({ status, challenge }).toEqual({ status: 401, challenge: undefined })
      expect(error).toMatchObject({ statusCode: 401, type: 'unauthorized' })
      expect(headers.get('cache-control')).toBe('no-store')
      expect(service.done).toEqual([])
    })
  })

  describe('what was approved', () => {
    it('by a code: is done, once, and says what was proven', async () => {
      const { user, challenge } = await answered()
      expect((await other.send(user, challenge._id)).status).toBe(204)
      expect(other.done).toEqual([
        {
          body: TRANSFER,
          proof: {
            user,
            operation: challenge.operation,
            by: expect.objectContaining({ type: 'email', state: 'verified' }),
            challenge: expect.objectContaining({ _id: challenge._id, state: 'redeemed', userId: user }),
          },
        },
      ])
      const again = await service.challenged(user, challenge._id)
      expect(again._id).not.toBe(challenge._id)
      expect(again.state).toBe('pending')
      expect(done()).toHaveLength(1)
    })

    it('on a phone, which shows exactly that, and the page that waits hears of it', async () => {
      const { user, phone } = await pairPhone(world.one)
      const challenge = await service.challenged(user)
      const outcome = waitForStatus({ url: world.other.url, token: challenge.waitToken ?? '', until: 'complete' })
      const input = { user, challenge: challenge._id, authenticator: of(challenge, 'push') }
      const { number = '' } = await service.stepUp.start(input)
      const shown = await onPhone(phone, challenge)
      expect(shown.display).toEqual({
        title: 'Send money?',
        fields: [
          { label: 'To', value: 'Mara' },
          { label: 'Amount', value: '120.00' },
        ],
      })
      await phone.decide(world.one, 'approve', shown, { number })
      expect((await outcome).challengeStatus).toBe('approved')
      expect((await other.send(user, challenge._id)).status).toBe(204)
      expect(done()).toHaveLength(1)
    })

    it('is still the same when its members come in another order', async () => {
      const { user, challenge } = await answered()
      const turned = { amount: TRANSFER.amount, payee: TRANSFER.payee }
      expect((await service.send(user, challenge._id, turned)).status).toBe(204)
    })

    it.each([
      ['another amount', { ...TRANSFER, amount: '121.00' }, '/transfers'],
      ['one thing more', { ...TRANSFER, express: true }, '/transfers'],
      ['another place', TRANSFER, '/orders'],
      ['another query', TRANSFER, '/transfers?express=1'],
    ])('is not %s: a new challenge', async (_what, body, path) => {
      const { user, challenge } = await answered()
      const next = await service.challenged(user, challenge._id, body, path)
      expect(next._id).not.toBe(challenge._id)
      expect(next).toMatchObject({ state: 'pending', userId: user })
      expect(next.operation).not.toBe(challenge.operation)
      expect(done()).toEqual([])
    })

    it('is nobody else’s: they get a challenge of their own, and learn nothing; its owner still has it', async () => {
      const { user, challenge } = await answered()
      const thief = await withEmail()
      const known = await service.send(thief.user, challenge._id)
      const unknown = await service.send(thief.user, 'x'.repeat(43))
      expect(known.challenge?.userId).toBe(thief.user)
      const blurred = ({ status, error, challenge: told }: typeof known) => {
        const { _id, occurredAt, ...said } = error ?? {}
        return { status, said, names: Object.keys(told ?? {}), user: told?.userId, state: told?.state }
      }
      expect(blurred(known)).toEqual(blurred(unknown))
      expect(done()).toEqual([])
      expect((await service.send(user, challenge._id)).status).toBe(204)
    })

    it('lets one through when several repeat it at the same moment', async () => {
      const { user, email } = await withEmail()
      for (let round = 0; round < ROUNDS; round++) {
        const challenge = await service.challenged(user)
        await answer(user, email, challenge)
        const before = done().length
        const said = await Promise.all([service, other, service, other].map((each) => each.send(user, challenge._id)))
        expect(said.map(({ status }) => status).toSorted()).toEqual([204, 401, 401, 401])
        expect(done().length - before).toBe(1)
        for (const { challenge: next } of said) expect(next?._id).not.toBe(challenge._id)
      }
    })
  })

  describe('a challenge that is worth nothing is replaced:', () => {
    it.each(['x', '..', '../x', 'a, b', 'x'.repeat(43), 'x'.repeat(5_000), ''])('%j', async (id) => {
      const { user } = await withEmail()
      expect(await service.challenged(user, id)).toMatchObject({ state: 'pending', userId: user })
      expect(service.done).toEqual([])
    })

    it('one that was denied', async () => {
      const { user, phone } = await pairPhone(world.one)
      await addDevice(world.one, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
      const challenge = await service.challenged(user)
      await service.stepUp.start({ user, challenge: challenge._id, authenticator: of(challenge, 'push') })
      await phone.decide(world.one, 'deny', await onPhone(phone, challenge))
      expect(await service.stepUp.read({ user, challenge: challenge._id })).toMatchObject({ state: 'failed' })
      const next = await other.challenged(user, challenge._id)
      expect(next._id).not.toBe(challenge._id)
      expect(done()).toEqual([])
    })

    it('one that was given up', async () => {
      const { user } = await withEmail()
      const challenge = await service.challenged(user)
      await service.stepUp.cancel({ user, challenge: challenge._id })
      expect((await other.challenged(user, challenge._id))._id).not.toBe(challenge._id)
    })

    it('one whose time is up', async () => {
      const brief = await Service.start(world.one, {}, { ttl: 1 })
      const { user } = await withEmail()
      const { _id, waitToken = '' } = await brief.challenged(user)
      const { challengeStatus } = await waitForStatus({ url: world.other.url, token: waitToken, until: 'complete' })
      expect(challengeStatus).toBe('timed_out')
      expect((await brief.challenged(user, _id))._id).not.toBe(_id)
      expect(brief.done).toEqual([])
      await brief.stop()
    })

    it('one whose code was wrong too often', async () => {
      const { user, email } = await withEmail()
      const challenge = await service.challenged(user)
      const right = await code(user, email, challenge)
      const wrong = { ...right, code: right.code === '111111' ? '222222' : '111111' }
      for (const attemptsRemaining of [2, 1, 0]) {
        const refused = { code: 'invalidAuthenticatorAttributes', status: 422, attemptsRemaining }
        await expect(service.stepUp.verify(wrong)).rejects.toMatchObject(refused)
      }
      await expect(service.stepUp.verify(wrong)).rejects.toMatchObject({ code: 'authenticatorAttemptsExceeded' })
      expect((await service.challenged(user, challenge._id))._id).not.toBe(challenge._id)
      expect(service.done).toEqual([])
    })
  })

  describe('what the page’s backend asks', () => {
    it('is answered to the challenge’s own user only', async () => {
      const { user, challenge } = await answered()
      const stranger = { user: newUser(), challenge: challenge._id }
      const authenticator = of(challenge, 'email')
      const sent = world.provider.delivered.heard.length
      const { read, start, verify, cancel } = service.stepUp
      for (const call of [
        () => read(stranger),
        () => start({ ...stranger, authenticator }),
        () => verify({ ...stranger, authenticator, code: '123456' }),
        () => cancel(stranger),
        () => read({ user, challenge: 'x'.repeat(43) }),
        () => read({ user, challenge: '../challenges' }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'challengeNotFound', status: 404, isFinal: true })
      }
      expect(world.provider.delivered.heard.length).toBe(sent)
      expect((await service.send(user, challenge._id)).status).toBe(204)
    })

    it('knows a code app, which need not be started', async () => {
      const user = newUser()
      const { id, secret = '' } = await addDevice(world.one, user, { type: 'TOTP' })
      const app = new TOTP({ secret })
      const otp = app.generate({ timestamp: Date.now() - NEXT_STEP_MS })
      await act(world.one, `${devicesOf(user)}/${id}`, 'device.activate', { otp })
      const challenge = await service.challenged(user)
      const input = { user, challenge: challenge._id, authenticator: of(challenge, 'totp') }
      expect(await other.stepUp.verify({ ...input, code: app.generate() })).toMatchObject({ state: 'verified' })
      expect((await service.send(user, challenge._id)).status).toBe(204)
    })

    it('sends nobody anywhere else', async () => {
      const { user } = await withEmail()
      const challenge = await service.challenged(user)
      const astray = { user, challenge: challenge._id, authenticator: '../../redeem?' }
      await expect(service.stepUp.start(astray)).rejects.toMatchObject({ code: 'authenticatorNotFound' })
    })
  })

  it('offers only the ways that the service takes', async () => {
    const { user } = await withEmail()
    await pairPhone(world.one, user)
    const types = async (demanded: object) => {
      const picky = await Service.start(world.one, {}, demanded)
      const { _embedded } = await picky.challenged(user)
      await picky.stop()
      return _embedded.authenticators.map(({ type }) => type)
    }
    expect((await types({})).toSorted()).toEqual(['email', 'push'])
    expect(await types({ include: ['push'] })).toEqual(['push'])
    expect(await types({ exclude: ['push', 'sms'] })).toEqual(['email'])
  })

  it('says so to somebody who has no way at all', async () => {
    const { status, error } = await service.send(newUser())
    expect({ status, error }).toMatchObject({ status: 409, error: { statusCode: 409, type: 'noAuthenticators' } })
    expect(service.done).toEqual([])
    expect(service.errors).toMatchObject([{ code: 'noAuthenticators' }])
  })

  it('is the service’s own trouble when its token is not good, and nobody gets through', async () => {
    const { user, challenge } = await answered()
    const stranger = await Service.start(world.one, { token: world.one.token({ scope: 'mfa:read', sub: 'reader' }) })
    for (const id of [undefined, challenge._id]) expect((await stranger.send(user, id)).status).toBe(500)
    expect(stranger.done).toEqual([])
    expect(stranger.errors).toMatchObject([{ code: 'insufficient_scope' }, { code: 'insufficient_scope' }])
    await stranger.stop()
  })

  it('takes the header that the service’s clients send', async () => {
    const old = await Service.start(world.one, { header: 'Other-Challenge' })
    const { user, challenge } = await answered()
    const asked = { 'X-User': user, 'Other-Challenge': challenge._id }
    expect((await old.ask('/transfers', asked, TRANSFER)).status).toBe(204)
    const unheard = await old.send(user, challenge._id)
    expect(unheard.challenge).toMatchObject({ state: 'pending' })
    expect(unheard.headers.get('www-authenticate')).toBe('StepUp header="Other-Challenge"')
    await old.stop()
  })

  describe('a hub that is away', () => {
    let proxy: TcpProxy
    let far: Service
    beforeEach(async () => {
      proxy = await startProxy(world.one.url)
      far = await Service.start({ ...world.one, url: proxy.url }, { patience: 300 })
    })
    afterEach(async () => {
      await Promise.all([far.stop(), proxy.stop()])
    })

    it.each(['gone', 'silent'])('lets nobody through while it is %s, and goes on when it is back', async (how) => {
      const { user, challenge } = await answered()
      if (how === 'gone') await proxy.refuse()
      else proxy.blackhole(true)
      proxy.cut()
      for (const id of [undefined, challenge._id]) {
        const { status, headers, error } = await far.send(user, id)
        expect({ status, type: error?.type }).toEqual({ status: 503, type: 'serviceUnavailable' })
        expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
        expect(headers.get('cache-control')).toBe('no-store')
      }
      expect(far.done).toEqual([])
      expect(far.errors).toHaveLength(2)
      if (how === 'gone') await proxy.accept()
      else proxy.blackhole(false)
      proxy.cut()
      expect((await far.send(user, challenge._id)).status).toBe(204)
    })

    it('blocks nobody honest when its answer is lost: the same request redeems it again', async () => {
      const patient = await Service.start({ ...world.one, url: proxy.url })
      const { user, challenge } = await answered()
      let lost = 0
      proxy.filter((chunk) => {
        if (lost > 0 || !chunk.includes('"redeemed"')) return true
        lost += 1
        queueMicrotask(() => proxy.cut())
        return false
      })
      expect((await patient.send(user, challenge._id)).status).toBe(204)
      expect(lost).toBe(1)
      expect(patient.done).toHaveLength(1)
      expect((await patient.send(user, challenge._id)).status).toBe(401)
      await patient.stop()
    })

    it('is no hub when it says yes to everything', async () => {
      const { user, challenge } = await answered()
      const flattered = await Service.start({ ...world.one, url: proxy.url }, { patience: 300 })
      const yes = JSON.stringify({ ...challenge, state: 'redeemed', userId: 'somebody else' })
      const portal = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(yes)}\r\n\r\n${yes}`
      proxy.filter(() => Buffer.from(portal))
      expect((await flattered.send(user, challenge._id)).status).toBe(503)
      expect(flattered.done).toEqual([])
      await flattered.stop()
    })
  })
})
