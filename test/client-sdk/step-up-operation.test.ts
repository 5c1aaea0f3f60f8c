import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { challengeRequired, createStepUp, type DescribedRequest, operationOf } from '../../client-sdk/index.ts'
import { Service, TRANSFER } from './step-up-service.ts'

/* What an operation is, and what is none. Nobody needs a hub for that. */

const hub = { url: 'http://127.0.0.1:9', token: () => 'a token' }
const request = (body: unknown, more: Partial<DescribedRequest> = {}): DescribedRequest => ({
  method: 'POST',
  url: '/transfers',
  headers: {},
  body,
  ...more,
})
const isUnseen = { name: 'TypeError', message: expect.stringContaining('`operation`') }

it('is method, path and the digest of all that is said, and short enough for the hub', async () => {
  const operation = await operationOf(request(TRANSFER))
  expect(operation).toMatch(/^POST \/transfers [0-9a-f]{64}$/)
  const long = request(TRANSFER, { url: `/${'x'.repeat(4_000)}?to=me` })
  expect(await operationOf(long)).toMatch(/^POST \/x{99} [0-9a-f]{64}$/)
})

it.each<[string, DescribedRequest]>([
  ['method', request(TRANSFER, { method: 'PUT' })],
  ['path', request(TRANSFER, { url: '/orders' })],
  ['mount', request(TRANSFER, { originalUrl: '/v2/transfers' })],
  ['rewritten path', request(TRANSFER, { originalUrl: '/transfers', url: '/red/transfers' })],
  ['query', request(TRANSFER, { url: '/transfers?express=1' })],
  ['value', request({ ...TRANSFER, amount: '120.01' })],
  ['type', request({ ...TRANSFER, amount: 120 })],
  ['member', request({ ...TRANSFER, express: null })],
  ['nesting', request([TRANSFER])],
  ['nothing', request(undefined)],
  ['text', request(JSON.stringify(TRANSFER))],
])('is another one with another %s', async (_what, other) => {
  expect(await operationOf(other)).not.toBe(await operationOf(request(TRANSFER)))
})

it('is the same in whichever order its members come, and of whichever kind of object they are', async () => {
  const inner = { b: [1, { d: true, c: null }], a: 'ä\n"' }
  const turned = Object.assign(Object.create(null), { a: 'ä\n"', b: [1, { c: null, d: true }], gone: undefined })
  expect(await operationOf(request(turned))).toBe(await operationOf(request(inner)))
  const swapped = { ...inner, b: [{ d: true, c: null }, 1] }
  expect(await operationOf(request(swapped))).not.toBe(await operationOf(request(inner)))
})

it.each<[string, DescribedRequest]>([
  [
    'an empty object stands for',
    request({}, { headers: { 'content-type': 'application/csv', 'content-length': '12' } }),
  ],
  ['nothing announces', request(undefined, { stream: { endAfterHeaders: false } })],
  ['nobody has parsed', request(undefined, { headers: { 'content-length': '12' } })],
  ['comes in chunks, and nobody has parsed', request(undefined, { headers: { 'transfer-encoding': 'chunked' } })],
  ['has files beside it', request(TRANSFER, { headers: { 'content-type': 'multipart/form-data; boundary=x' } })],
  ['is bytes', request(Buffer.from('x'))],
  ['holds a map', request({ amounts: new Map([['a', 1]]) })],
  ['holds a date', request({ at: new Date(0) })],
  ['holds no number', request({ amount: Number.NaN })],
  ['holds a function', request({ toJSON: () => TRANSFER })],
])('is not guessed where the body %s', async (_what, unseen) => {
  await expect(operationOf(unseen)).rejects.toMatchObject(isUnseen)
})

it('that can not be told is nobody’s to do', async () => {
  const service = await Service.start(hub)
  const asked = { 'X-User': 'ada', 'Content-Type': 'application/xml' }
  expect((await service.ask('/transfers', asked, '<transfer/>')).status).toBe(500)
  expect(service.errors).toMatchObject([isUnseen])
  expect(service.done).toEqual([])
  await service.stop()
})

it('is not done either when what is to be shown can not be', async () => {
  const display = () => {
    throw new Error('no such field')
  }
  const service = await Service.start(hub, {}, { display, operation: () => 'send' })
  expect((await service.send('ada')).status).toBe(500)
  expect(service.errors).toMatchObject([{ message: 'no such field' }])
  await service.stop()
})

it('needs no Express, and no more of a hub that speaks no step-up than to say so', async () => {
  const strange = createServer((_request, response) => void response.writeHead(404).end('no such page'))
  const errors: unknown[] = []
  let isDone = false
  await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(strange.address() as AddressInfo).port}`
  const onError = (error: unknown) => errors.push(error)
  const demand = createStepUp({ url, apiKey: 'key', patience: 200, onError }).demand({ user: async () => 'ada' })
  const bare = createServer((asked, response) => {
    void demand(asked, response, () => {
      isDone = true
    })
  })
  await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve))
  const answer = await fetch(`http://127.0.0.1:${(bare.address() as AddressInfo).port}/door`)
  expect(answer.status).toBe(503)
  expect(await answer.json()).toMatchObject({ _error: { statusCode: 503, type: 'serviceUnavailable' } })
  expect(isDone).toBe(false)
  expect(errors).toHaveLength(1)
  strange.close()
  bare.close()
})

it('embeds the challenge, under the words of whoever refuses', () => {
  const challenge = {
    _id: 'c1',
    state: 'pending',
    createdAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-01T00:05:00.000Z',
    userId: 'ada',
    _embedded: { authenticators: [] },
  } as const
  expect(challengeRequired(challenge)).toEqual({
    _error: {
      statusCode: 401,
      type: 'challengeRequired',
      message: expect.stringMatching(/\S/),
      _embedded: { challenge },
    },
  })
  expect(challengeRequired(challenge, { _id: 'e1', message: 'Please approve.' })).toMatchObject({
    _error: { _id: 'e1', message: 'Please approve.', statusCode: 401 },
  })
})
