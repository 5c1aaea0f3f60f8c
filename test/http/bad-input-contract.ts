import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { call } from '../support/http-client.ts'
import { expectProblem, expectRefusedFields } from './expect-problem.ts'
import { type CurrentHubs, get, open } from './hubs.ts'
import { rawRequest } from './raw-request.ts'

const KIB_64 = 65_536
const JSON_TYPE = { 'Content-Type': 'application/json' }
const padded = (bytes: number) => `{"challengeStatus":"big"}${' '.repeat(bytes - 25)}`

export function describeBadInput(hubs: CurrentHubs): void {
  const post = (raw: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = JSON_TYPE) =>
    call(hubs().one, 'POST', '/v1/challenges', { token: hubs().one.backend(), raw, headers })

  describe('a body', () => {
    it.each(['{', '{"a":}', "{'a':1}", '{"a":1,}', '{"a":1}}', 'undefined', ' ', '\0', '{"a":"\n"}', 'NaN', '{a:1}'])(
      'that is no JSON is refused: %j',
      async (raw) => void expectProblem(await post(raw), 'invalid_request'),
    )

    it.each(['null', '[]', '[{}]', '7', '"text"', 'true', '[[[]]]'])(
      'that is no object is refused: %s',
      async (raw) => {
        const { errors } = expectProblem(await post(raw), 'invalid_request')
        expect(errors).toHaveLength(1)
      },
    )

    it.each([
      ['arrays', '['.repeat(30_000) + ']'.repeat(30_000)],
      ['objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
      ['a field', `{"display":{"title":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`],
    ])(
      'nested ever so deeply is refused: %s',
      async (_what, raw) => void expectProblem(await post(raw), 'invalid_request'),
    )

    it.each(['__proto__', 'constructor', 'toString', 'surprise', 'challenge', 'a.b', ' '])(
      'with the unknown field "%s" is refused by name',
      async (field) => {
        const { errors } = expectProblem(await post(`{${JSON.stringify(field)}:{}}`), 'invalid_request')
        expect(errors?.map((error) => error.path)).toEqual([field])
      },
    )

    it('with thousands of unknown fields is refused in few words', async () => {
      const raw = JSON.stringify(Object.fromEntries(Array.from({ length: 4_000 }, (_, at) => [`field${at}`, 1])))
      const reply = await post(raw)
      const { errors = [] } = expectProblem(reply, 'invalid_request')
      expect(errors[0]?.path).toBe('field0')
      expect(reply.text.length).toBeLessThan(10_000)
      const long = await post(JSON.stringify({ ['x'.repeat(50_000)]: 1 }))
      expectProblem(long, 'invalid_request')
      expect(long.text.length).toBeLessThan(10_000)
    })

    it.each([
      [{ 'Content-Type': 'text/plain' }],
      [{ 'Content-Type': 'application/x-www-form-urlencoded' }],
      [{ 'Content-Type': 'multipart/form-data; boundary=x' }],
      [{ 'Content-Type': 'application/jsonp' }],
      [{ 'Content-Type': 'text/json' }],
      [{ 'Content-Type': '*/*' }],
      [{ 'Content-Type': 'rubbish' }],
      [{ 'Content-Type': 'application/json; charset=latin1' }],
      [{ ...JSON_TYPE, 'Content-Encoding': 'br' }],
    ])(
      'of another type is refused: %j',
      async (headers) =>
        void expectProblem(await post('{}', headers as Record<string, string>), 'unsupported_media_type'),
    )

    it('without a type is refused', async () => {
      const { one } = hubs()
      const headers = { Authorization: `Bearer ${one.backend()}` }
      const reply = await rawRequest(one, 'POST', '/v1/challenges', { headers, body: '{}' })
      expectProblem(reply, 'unsupported_media_type')
    })

    it('that is compressed is refused, also when it would be small', async () => {
      const bomb = new Uint8Array(gzipSync(padded(10_000_000)))
      expect(bomb.length).toBeLessThan(KIB_64)
      expectProblem(await post(bomb, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }), 'unsupported_media_type')
    })

    it.each([
      'application/json',
      'application/json; charset=utf-8',
      'APPLICATION/JSON',
      'application/merge-patch+json',
    ])('of type %s is taken', async (type) => expect((await post('{}', { 'Content-Type': type })).status).toBe(201))

    it('of 64 KiB is taken, and of one byte more refused', async () => {
      expect((await post(padded(KIB_64))).status).toBe(201)
      expectProblem(await post(padded(KIB_64 + 1)), 'payload_too_large')
    })

    it('is measured in bytes, not in letters', async () => {
      const claims = Array.from({ length: 23 }, (_, at) => ({ name: `${at}`, value: '承'.repeat(1_000) }))
      const raw = JSON.stringify({ claimsNameValuePairs: claims })
      expect(raw.length).toBeLessThan(KIB_64)
      expect(Buffer.byteLength(raw)).toBeGreaterThan(KIB_64)
      expectProblem(await post(raw), 'payload_too_large')
    })

    it('that does not say how long it is may be no longer either', async () => {
      const { one } = hubs()
      const headers = { ...JSON_TYPE, Authorization: `Bearer ${one.backend()}`, 'Transfer-Encoding': 'chunked' }
      const send = (body: string) => rawRequest(one, 'POST', '/v1/challenges', { headers, body })
      expect((await send(padded(KIB_64))).status).toBe(201)
      expectProblem(await send(padded(KIB_64 + 1)), 'payload_too_large')
      expectProblem(await send(padded(1_000_000)), 'payload_too_large')
    })

    it('is not looked at when its sender may not call', async () => {
      const { one } = hubs()
      const send = (token: string | undefined) =>
        call(one, 'POST', '/v1/challenges', { token, raw: 'x'.repeat(KIB_64 + 1), headers: JSON_TYPE })
      expectProblem(await send(undefined), 'invalid_token')
      expectProblem(await send(one.approver('ada')), 'insufficient_scope')
    })

    it('is as bad at the other doors', async () => {
      const { one } = hubs()
      const { challenge } = await open(one, { approver: 'ada' })
      const doors = [
        ['PATCH', `/v1/challenges/${challenge}`, one.backend()],
        ['POST', `/v1/approvals/${challenge}`, one.approver('ada')],
      ] as const
      for (const [method, path, token] of doors) {
        const send = (raw: string, headers = JSON_TYPE) => call(one, method, path, { token, raw, headers })
        for (const raw of ['{', 'null', '[]', '7', '"approve"']) expectProblem(await send(raw), 'invalid_request')
        expectRefusedFields(
          await send('{"decision":"approve","__proto__":1}'),
          ...(method === 'POST' ? [] : ['decision']),
          '__proto__',
        )
        expectProblem(await send(padded(KIB_64 + 1)), 'payload_too_large')
        expectProblem(await send('{}', { 'Content-Type': 'text/plain' }), 'unsupported_media_type')
      }
      expect((await get(one, challenge)).body.version).toBe(1)
    })
  })
}
