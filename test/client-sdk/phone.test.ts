import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type ApprovalView,
  AssentError,
  createPhone,
  memoryKeeper,
  type PhoneApprover,
  type PhoneApproverOptions,
  type PhoneKeeper,
} from '../../client-sdk/index.ts'
import { findFaults } from '../../server/challenge/check-receipt.ts'
import type { AuthenticationCodeView, AuthenticationView, PairingKeyView } from '../../server/protocol/mfa.ts'
import type { Receipt } from '../../server/protocol/statement.ts'
import type { Status } from '../gateway/sockets.ts'
import { devicesOf, mfa, newUser } from '../mfa/world.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { Recorder } from '../support/recorder.ts'
import { startProxy } from '../support/tcp-proxy.ts'

/* The phone's side of the client: its key, its pairing, what it signs, and its tokens. */

const DESCRIPTION = { name: 'My phone', application: { id: 'assent' } }

let hub: RunningHub
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.stop())

const open: PhoneApprover[] = []
afterEach(() => {
  for (const approver of open.splice(0)) approver.close()
})

const newCode = async (user: string) =>
  (await mfa<PairingKeyView>(hub, 'POST', `/v1/users/${encodeURIComponent(user)}/pairingKeys`, {})).body.code ?? ''
const paired = async (keeper: PhoneKeeper = memoryKeeper()) => {
  const user = newUser()
  const phone = createPhone({ url: hub.url, keeper })
  const pairing = await phone.pair(await newCode(user), DESCRIPTION)
  const connect = (options: Partial<PhoneApproverOptions> = {}) => {
    const approver = phone.connect({ onPending: () => undefined, ...options })
    open.push(approver)
    return approver
  }
  return { user, phone, pairing, connect, keeper }
}
const asked = async (user: string) => {
  const begun = await mfa<AuthenticationView>(hub, 'POST', '/v1/deviceAuthentications', { user: { id: user } })
  expect(begun.status).toBe(201)
  return begun.body
}
const challengeOf = async (id: string) =>
  (await call<Status>(hub, 'GET', `/v1/challenges/${id}`, { token: hub.backend() })).body
const refusalOf = async (said: Promise<unknown>): Promise<AssentError> => {
  const error = await said.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof AssentError)) throw error
  return error
}

describe('a phone', () => {
  it('is paired by a code, with a key that can not be read out, and knows it when it is opened again', async () => {
    const { user, pairing, keeper } = await paired()
    expect(pairing).toMatchObject({ user, otp: { period: 30 } })
    const { keys } = (await keeper.load()) ?? {}
    await expect(crypto.subtle.exportKey('jwk', keys?.privateKey as CryptoKey)).rejects.toThrow()
    expect(await createPhone({ url: hub.url, keeper }).paired()).toEqual(pairing)
  })

  it('takes the code as people type it', async () => {
    const code = await newCode(newUser())
    const typed = `${code.slice(0, 4)}-${code.slice(4, 8)} ${code.slice(8)}`.toLowerCase()
    await createPhone({ url: hub.url, keeper: memoryKeeper() }).pair(typed, DESCRIPTION)
  })

  it('is refused with a code that is none', async () => {
    const phone = createPhone({ url: hub.url, keeper: memoryKeeper() })
    expect((await refusalOf(phone.pair('AAAAAAAAAAAA', DESCRIPTION))).code).toBe('NOT_FOUND')
    expect(await phone.paired()).toBeUndefined()
    expect((await refusalOf(phone.token())).code).toBe('NOT_FOUND')
  })

  it('stays whose it is until it is somebody else’s', async () => {
    const { phone, pairing } = await paired()
    expect((await refusalOf(phone.pair('AAAAAAAAAAAA', DESCRIPTION))).code).toBe('NOT_FOUND')
    expect(await phone.paired()).toEqual(pairing)
    await phone.token()
    const user = newUser()
    expect(await phone.pair(await newCode(user), DESCRIPTION)).toMatchObject({ user })
    await phone.token()
  })

  it('is the same pairing when the answer got lost', async () => {
    const user = newUser()
    const keeper = memoryKeeper()
    const code = await newCode(user)
    const first = await createPhone({ url: hub.url, keeper }).pair(code, DESCRIPTION)
    const kept = await keeper.load()
    // As it was before the answer came.
    if (kept) await keeper.save({ keys: kept.keys, publicKey: kept.publicKey })
    expect(await createPhone({ url: hub.url, keeper }).pair(code, DESCRIPTION)).toEqual(first)
  })

  it('is asked, and signs what its owner answers', async () => {
    const { user, connect } = await paired()
    const requested = new Recorder<ApprovalView>()
    const approver = connect({ onRequested: (approval) => requested.listen(approval) })
    const authentication = await asked(user)
    await eventually(() => requested.heard.length === 1)
    await eventually(async () => (await challengeOf(authentication.id)).delivery === 'delivered')
    approver.seen(authentication.id)
    await eventually(async () => (await challengeOf(authentication.id)).delivery === 'seen')
    const number = authentication._embedded.challenge.number ?? ''
    const decided = await approver.approve(authentication.id, { number })
    expect(decided).toMatchObject({ challengeStatus: 'approved' })
    expect(approver.pending()).toEqual([])
    const receipt = await call<Receipt>(hub, 'GET', `/v1/challenges/${authentication.id}/receipt`, {
      token: hub.backend(),
    })
    expect(findFaults(receipt.body)).toEqual([])
  })

  it('is told how many tries are left after a wrong number, and denies with a reason', async () => {
    const { user, connect } = await paired()
    const approver = connect()
    const authentication = await asked(user)
    await eventually(() => approver.pending().length === 1)
    const wrong = authentication._embedded.challenge.number === '00' ? '01' : '00'
    const refused = await refusalOf(approver.approve(authentication.id, { number: wrong }))
    expect(refused).toMatchObject({ code: 'number_mismatch', attemptsRemaining: 2 })
    await approver.deny(authentication.id, { reason: 'Not now' })
    expect(await challengeOf(authentication.id)).toMatchObject({ challengeStatus: 'denied', reason: 'Not now' })
  })

  it('signs nothing that was never shown', async () => {
    const { connect } = await paired()
    const approver = connect()
    expect((await refusalOf(approver.approve('x'.repeat(43)))).code).toBe('challenge_not_found')
  })

  it('renews a token that was revoked, and goes on as if nothing had been', async () => {
    const { user, connect } = await paired()
    const requested = new Recorder<ApprovalView>()
    const errors = new Recorder<AssentError>()
    const approver = connect({
      onRequested: (approval) => requested.listen(approval),
      onError: (error) => errors.listen(error),
    })
    const first = await asked(user)
    await eventually(() => requested.heard.length === 1)
    // A token of the very second of the revocation is dead, too.
    await call(hub, 'DELETE', `/v1/approvers/${encodeURIComponent(user)}/connections`, { token: hub.backend() })
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    const number = first._embedded.challenge.number ?? ''
    await eventually(async () => {
      const { challengeStatus } = await approver.approve(first.id, { number })
      return challengeStatus === 'approved'
    })
    await asked(user)
    await eventually(() => requested.heard.length === 2)
    expect(requested.heard.map(({ challenge }) => challenge)).toContain(first.id)
    expect(errors.heard).toEqual([])
  })

  it('is told when the hub knows it no more', async () => {
    const { user, pairing, connect, phone } = await paired()
    const errors = new Recorder<AssentError>()
    const approver = connect({ onError: (error) => errors.listen(error) })
    await eventually(() => approver.pending() !== undefined)
    await mfa(hub, 'DELETE', `${devicesOf(user)}/${pairing.deviceId}`)
    await eventually(() => errors.heard.length === 1, { within: 10_000 })
    expect(errors.heard[0]?.code).toBe('NOT_FOUND')
    await phone.forget()
    expect(await phone.paired()).toBeUndefined()
  })

  it('claims an authentication code, and approves it', async () => {
    const { user, phone, connect } = await paired()
    const approver = connect()
    const made = await mfa<AuthenticationCodeView>(hub, 'POST', '/v1/authenticationCodes', {
      application: { id: 'assent' },
    })
    const claimed = await phone.claimCode(made.body.code ?? '')
    expect(claimed).toMatchObject({ status: 'CLAIMED', challenge: made.body.id })
    await eventually(() => approver.pending().length === 1)
    await approver.approve(made.body.id)
    expect((await mfa(hub, 'GET', `/v1/authenticationCodes/${made.body.id}`)).body).toMatchObject({
      status: 'COMPLETED',
      user: { id: user },
    })
  })

  it('answers over HTTP while no socket can be had', async () => {
    const { user, keeper } = await paired()
    const isSocket = (chunk: Buffer) => (/^Upgrade: websocket/im.test(chunk.toString('latin1')) ? 'socket' : 'other')
    const proxy = await startProxy(hub.url, { kindOf: isSocket })
    proxy.blackhole(true, 'socket')
    const approver = createPhone({ url: proxy.url, keeper }).connect({ onPending: () => undefined, pollInterval: 100 })
    open.push(approver)
    const authentication = await asked(user)
    await eventually(() => approver.pending().length === 1, { within: 15_000 })
    await approver.approve(authentication.id, { number: authentication._embedded.challenge.number ?? '' })
    expect(await challengeOf(authentication.id)).toMatchObject({ challengeStatus: 'approved' })
    await proxy.stop()
  })

  it('is one pairing, however often it is paired at once', async () => {
    const user = newUser()
    const [code, keeper] = [await newCode(user), memoryKeeper()]
    const phone = createPhone({ url: hub.url, keeper })
    const ends = await Promise.allSettled([phone.pair(code, DESCRIPTION), phone.pair(code, DESCRIPTION)])
    expect(ends.map(({ status }) => status)).toContain('fulfilled')
    const pairing = await phone.paired()
    expect(pairing).toMatchObject({ user })
    expect((await mfa(hub, 'GET', devicesOf(user))).body._embedded.devices).toMatchObject([{ id: pairing?.deviceId }])
    expect(await phone.token()).toMatch(/^ey/)
  })

  it('tries again when its store fails for a moment, and says meanwhile that it is offline', async () => {
    const { user, keeper } = await paired()
    let failures = 1
    const failing: PhoneKeeper = {
      ...keeper,
      load: async () => {
        if (failures-- > 0) throw new DOMException('gone', 'UnknownError')
        return keeper.load()
      },
    }
    const connections = new Recorder<string>()
    const approver = createPhone({ url: hub.url, keeper: failing }).connect({
      onPending: () => undefined,
      onConnection: (connection) => connections.listen(connection),
    })
    open.push(approver)
    await asked(user)
    await eventually(() => approver.pending().length === 1, { within: 10_000 })
    expect(connections.heard[0]).toBe('offline')
  })

  it('claims codes after its tokens were revoked', async () => {
    const { user, phone } = await paired()
    await phone.token()
    await call(hub, 'DELETE', `/v1/approvers/${encodeURIComponent(user)}/connections`, { token: hub.backend() })
    const made = await mfa<AuthenticationCodeView>(hub, 'POST', '/v1/authenticationCodes', {
      application: { id: 'assent' },
    })
    expect(await phone.claimCode(made.body.code ?? '')).toMatchObject({ status: 'CLAIMED' })
  })
})
