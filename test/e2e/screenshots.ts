/**
 * Takes the two pictures in the README, of the real thing: `npm run build && npx tsx test/e2e/screenshots.ts`.
 * They land in `demo/`.
 */
import { fileURLToPath } from 'node:url'
import { spawnHub } from '../support/hub-process.ts'
import { DESK, launchBrowser, PHONE } from './browser.ts'
import { pairingCode } from './first-phone.ts'

const folder = fileURLToPath(new URL('../../demo/', import.meta.url))
const hub = await spawnHub()
const browser = await launchBrowser()
try {
  const motion = { reducedMotion: 'no-preference' } as const
  const bank = await browser.newPage({ ...DESK, ...motion })
  const phone = await browser.newPage({ ...PHONE, ...motion, deviceScaleFactor: 1.5 })
  await bank.goto(`${hub.url}/demo/`)
  await phone.goto(`${hub.url}/demo/phone#pair=${await pairingCode(`${hub.url}/demo/`, 'anna')}`)
  await phone.getByLabel('What shall it be called?').fill('Anna’s phone')
  await phone.getByRole('button', { name: 'Pair this phone' }).click()
  await phone.getByRole('heading', { name: 'Nothing to answer' }).waitFor()
  await bank.getByRole('button', { name: 'Sign in' }).click()
  const number = bank.locator('assent-waiting [part=number]')
  await number.waitFor()
  await phone
    .getByLabel('Number shown on your computer')
    .pressSequentially(((await number.textContent()) ?? '').replace(' ', ''))
  // Cards fade in for a quarter of a second.
  await bank.waitForTimeout(500)
  await bank.screenshot({ path: `${folder}screenshot-bank.png` })
  await phone.screenshot({ path: `${folder}screenshot-phone.png` })
} finally {
  await browser.close()
  await hub.stop()
}
