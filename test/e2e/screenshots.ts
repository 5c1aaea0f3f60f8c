/**
 * Takes the two pictures in the README, of the real thing: `npm run build && npx tsx test/e2e/screenshots.ts`.
 * They land in `demo/`.
 */
import { fileURLToPath } from 'node:url'
import { spawnHub } from '../support/hub-process.ts'
import { DESK, launchBrowser, PHONE } from './browser.ts'

const folder = fileURLToPath(new URL('../../demo/', import.meta.url))
const hub = await spawnHub()
const browser = await launchBrowser()
try {
  const motion = { reducedMotion: 'no-preference' } as const
  const bank = await browser.newPage({ ...DESK, ...motion })
  const phone = await browser.newPage({ ...PHONE, ...motion, deviceScaleFactor: 1.5 })
  await bank.goto(`${hub.url}/demo/`)
  await phone.goto(`${hub.url}/demo/phone-link?user=anna`)
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
