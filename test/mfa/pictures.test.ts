import { createCanvas, loadImage } from '@napi-rs/canvas'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CHALLENGE } from '../../server/challenge/challenge.ts'
import { showAuthentication } from '../../server/mfa/authentication/authentication-view.ts'
import { resendCode, selectDevice } from '../../server/mfa/authentication/change-authentication.ts'
import { checkOtp } from '../../server/mfa/authentication/check-otp.ts'
import { createAuthentication } from '../../server/mfa/authentication/create-authentication.ts'
import { getAuthentication } from '../../server/mfa/authentication/move-authentication.ts'
import type { MfaContext } from '../../server/mfa/context.ts'
import { drawPicture } from '../../server/mfa/pictures/draw-picture.ts'
import { toPng } from '../../server/mfa/pictures/png.ts'
import { createDevice } from '../../server/mfa/users/create-device.ts'
import { PictureReader } from '../support/picture-reader.ts'
import { createEngine } from './engine.ts'

const USER = 'ada'
const LIFE_MS = 180_000

let reader: PictureReader
beforeAll(() => {
  reader = new PictureReader()
})
afterAll(() => reader.close())

describe('an authentication by a picture', () => {
  let now: number
  let context: MfaContext
  beforeEach(() => {
    now = 1_700_000_000_000
    context = createEngine(
      () => undefined,
      {},
      () => now,
    )
  })

  const begun = async (challengeTimeout = 300, manner: object = {}) => {
    const body = { user: { id: USER }, include: [], challengeTimeout }
    const { challenge } = await createAuthentication(context, body, undefined, { isByPicture: true, ...manner })
    return challenge
  }
  const stands = (id: string) => context.challenges.store.read(CHALLENGE, id)
  const wrong = () => reader.text.replace(/^./, (first) => (first === 'A' ? 'C' : 'A'))

  it.each([
    ['as it is', (text: string) => text],
    ['in small letters', (text: string) => text.toLowerCase()],
    ['with spaces', (text: string) => ` ${text.slice(0, 3)} ${text.slice(3)} `],
  ])('is proven by what is on it, typed %s, and that proves nothing but a person', async (_how, type) => {
    const { id } = await begun()
    expect(reader.text).toMatch(/^[ACEHJKMNPRTUWXY34679]{6}$/)
    await checkOtp(context, id, { otp: type(reader.text) })
    const done = await getAuthentication(context, id)
    expect(done).toMatchObject({ status: 'approved', complete: true })
    expect(done.authentication.kept.authenticators).toEqual([])
    expect(done.authentication.kept.picture).toBeUndefined()
  })

  it('asks no device, takes none, and sends nothing', async () => {
    const own = await createDevice(context, USER, { type: 'EMAIL', email: 'ada@example.com', status: 'ACTIVE' })
    const { id } = await begun()
    const before = await getAuthentication(context, id)
    const view = await showAuthentication(context, before)
    expect(view).toMatchObject({ status: 'OTP_REQUIRED', authenticators: [], _embedded: { devices: [] } })
    expect(view).not.toHaveProperty('selectedDevice')
    expect(Object.keys(view._links)).toEqual(['self', 'challenge', 'otp.check', 'cancel'])
    await expect(selectDevice(context, id, { device: { id: own.device.id } })).rejects.toThrow()
    await expect(resendCode(context, id)).rejects.toMatchObject({ details: [{ code: 'INVALID_ACTION' }] })
    expect(await stands(id)).toEqual(before)
  })

  it('shows the same picture until the third wrong answer, and then it has failed', async () => {
    const { id } = await begun()
    const { picture } = (await getAuthentication(context, id)).authentication.kept
    for (const attemptsRemaining of [2, 1, 0]) {
      expect((await getAuthentication(context, id)).authentication.kept.picture).toBe(picture)
      await expect(checkOtp(context, id, { otp: wrong() })).rejects.toMatchObject({
        details: [{ code: 'INVALID_OTP', innerError: { attemptsRemaining } }],
      })
    }
    expect(await stands(id)).toMatchObject({ status: 'denied', complete: true })
    expect((await getAuthentication(context, id)).authentication.kept.picture).toBeUndefined()
    await expect(checkOtp(context, id, { otp: reader.text })).rejects.toMatchObject({ mfa: 'CONFLICT' })
  })

  it.each([
    [300, LIFE_MS],
    [60, 60_000],
  ])('is over in time, of %i s', async (challengeTimeout, life) => {
    const challenge = await begun(challengeTimeout)
    expect(challenge.expiresAt).toBe(now + life)
    now += life
    await expect(checkOtp(context, challenge.id, { otp: reader.text })).rejects.toMatchObject({ mfa: 'CONFLICT' })
    expect(await stands(challenge.id)).toMatchObject({ status: 'timed_out', complete: true })
  })

  it('says nowhere what is on it, and is small', async () => {
    const challenge = await begun()
    const kept = JSON.stringify(await stands(challenge.id))
    expect(kept.toUpperCase().includes(reader.text)).toBe(false)
    expect(kept.length).toBeLessThan(8_192)
    expect(JSON.stringify(await showAuthentication(context, challenge))).not.toContain('picture')
  })

  it('is one picture, however many begin it at the same moment', async () => {
    const id = context.challenges.random.id()
    const begins = await Promise.all([1, 2, 3].map(() => begun(300, { id })))
    const pictures = new Set(begins.map(({ authentication }) => authentication.kept.picture))
    expect(pictures.size).toBe(1)
  })
})

describe('a picture', () => {
  it('is a PNG that is drawn differently every time', async () => {
    const pictures = await Promise.all(Array.from({ length: 20 }, () => drawPicture('ACEHJK')))
    expect(new Set(pictures.map((picture) => picture.toString('base64'))).size).toBe(20)
    for (const picture of pictures) {
      const { width, height } = await loadImage(picture)
      expect([width, height]).toEqual([248, 80])
      expect(picture.length).toBeLessThan(4_096)
    }
  })

  it('has letters on it', async () => {
    const ink = async (text: string) => {
      const { data } = await pixelsOf(await drawPicture(text))
      return data.filter((shade, at) => at % 4 === 0 && shade < 128).length
    }
    // Three curves alone are a few hundred dots.
    expect(await ink('MMMMMM')).toBeGreaterThan(2_500)
    expect(await ink('      ')).toBeLessThan(2_000)
  })

  it.each([
    [1, [0, 1, 1, 0, 1, 0, 0, 1, 1], 255],
    [4, [0, 15, 7, 1, 8, 2, 0, 15, 3], 17],
  ] as const)('of %i bits a dot is read as it was written', async (bitDepth, shades, unit) => {
    const png = toPng({ width: 3, height: 3, bitDepth, shadeAt: (x, y) => shades[3 * y + x] ?? 0 })
    const { data } = await pixelsOf(png)
    expect([...data].filter((_, at) => at % 4 === 0)).toEqual(shades.map((shade) => shade * unit))
  })
})

async function pixelsOf(png: Buffer): Promise<{ readonly data: Uint8ClampedArray }> {
  const image = await loadImage(png)
  const context = createCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  return context.getImageData(0, 0, image.width, image.height)
}
