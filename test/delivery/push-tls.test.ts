import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { newLocalhostIdentity } from '../support/localhost-certificate.ts'
import { PhoneBrowser } from '../support/phone-browser.ts'
import { PushService } from '../support/push-service.ts'

const LOCALHOST = newLocalhostIdentity()
const PROCESS = fileURLToPath(new URL('./push-process.ts', import.meta.url))

async function pushTwice(environment: Record<string, string>) {
  const service = await PushService.start(LOCALHOST)
  onTestFinished(() => service.stop())
  const phone = new PhoneBrowser()
  const subscription = JSON.stringify(phone.subscribe(`${service.origin}/send`))
  const args = ['--import', 'tsx', PROCESS, subscription, subscription]
  const env = { PATH: process.env.PATH, ...environment }
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000, env })
  return { service, phone, ends: JSON.parse(stdout) as string[] }
}

it('pushes go to a push service that proves who it is, over one connection while many follow one another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assent-trust-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const trusted = join(folder, 'localhost.pem')
  await writeFile(trusted, LOCALHOST.cert)
  const { service, phone, ends } = await pushTwice({ NODE_EXTRA_CA_CERTS: trusted })
  expect(ends).toEqual(['taken', 'taken'])
  expect(service.carried.heard.map(({ sealed }) => JSON.parse(phone.open(sealed)).challenge)).toEqual(['0', '1'])
  expect(service.connections).toBe(1)
})

it('and to none that does not', async () => {
  const { service, ends } = await pushTwice({})
  const failed = 'The push service could not be reached: DEPTH_ZERO_SELF_SIGNED_CERT.'
  expect(ends).toEqual([failed, failed])
  expect(service.asked).toBe(0)
})
