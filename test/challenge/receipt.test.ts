import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { findFaults } from '../../server/challenge/check-receipt.ts'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import type { DeviceView, PairedView } from '../../server/protocol/mfa.ts'
import type { Receipt } from '../../server/protocol/statement.ts'
import { Phone } from '../support/phone.ts'

/* What was signed can be checked by whoever has the receipt, and by nothing else. */

const folder = mkdtempSync(join(tmpdir(), 'receipt-'))
afterAll(() => rmSync(folder, { recursive: true }))

const phone = new Phone()
phone.paired = { device: { id: 'device-1' } as DeviceView } as PairedView
const shown: ApprovalView = {
  challenge: 'challenge-1',
  version: 1,
  display: { title: 'Pay 50 €', fields: [{ value: 'Bob', label: 'To' }] },
  numberMatching: 2,
  createdDate: 1,
  expiresDate: 2,
  serverDate: 1,
}
const receipt: Receipt = {
  challenge: 'challenge-1',
  approver: 'ada',
  device: 'device-1',
  decision: 'approve',
  signature: phone.statement('approve', shown, { number: '42' }),
  publicKey: phone.publicKey,
  // The names stand in another order than on the phone.
  shown: { numberMatching: 2, display: { fields: [{ label: 'To', value: 'Bob' }], title: 'Pay 50 €' } },
  decidedDate: 1_700_000_000_000,
}

describe('a receipt', () => {
  it('is good as it is, and by the key that one knows', () => {
    expect(findFaults(receipt)).toEqual([])
    expect(findFaults(JSON.parse(JSON.stringify(receipt)), phone.publicKey)).toEqual([])
    expect(findFaults(receipt, new Phone().publicKey)).toEqual(['publicKey: is another key'])
  })

  it.each([
    [{ decision: 'deny' }, 'decision: another one was signed'],
    [{ challenge: 'challenge-2' }, 'challenge: another one was signed'],
    [{ device: 'device-2' }, 'device: another one has signed'],
    [{ shown: { ...receipt.shown, display: { title: 'Pay 5 €' } } }, 'shown: something else was signed'],
    [{ shown: { display: receipt.shown.display } }, 'shown: something else was signed'],
    [{ publicKey: new Phone().publicKey }, 'signature: The signature is not by the key of this device.'],
    [{ signature: 'nonsense' }, 'signature: The signature is not a JWS signed with ES256.'],
  ])('is not good with %j', (change, fault) => {
    expect(findFaults({ ...receipt, ...change })).toEqual([fault])
  })

  it('that is none is told so', () => {
    expect(findFaults({})).not.toEqual([])
    expect(findFaults(null)).not.toEqual([])
  })

  it('is checked by a program', async () => {
    const [good, bad, key] = ['good', 'bad', 'key'].map((name) => join(folder, `${name}.json`)) as [
      string,
      string,
      string,
    ]
    writeFileSync(good, JSON.stringify(receipt))
    writeFileSync(bad, JSON.stringify({ ...receipt, decision: 'deny' }))
    writeFileSync(key, JSON.stringify(phone.publicKey))
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, ['dist/server/verify-receipt.js', ...args]).catch((error) => error)
    expect((await run(good, '--key', key)).stdout).toContain('GOOD: device device-1 has approved challenge challenge-1')
    expect(await run(bad)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('decision: another one was signed'),
    })
    expect(await run(join(folder, 'none.json'))).toMatchObject({ code: 2 })
  })
})
