import { loadImage } from '@napi-rs/canvas'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { hangUpAll } from '../gateway/sockets.ts'
import { describeMfa, mfa } from '../mfa/world.ts'
import { PictureReader } from '../support/picture-reader.ts'
import { Connection, connected, expectRefused, questionOf } from './quovo-world.ts'

/* Seed 004: "CAPTCHA challenges also require that the user pass through what they see in the image". */

const CAPTCHA = { mode: 'captcha' }
const SECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

let reader: PictureReader
beforeAll(() => {
  reader = new PictureReader()
})
afterAll(() => reader.close())

describeMfa((world) => {
  afterEach(hangUpAll)

  const begun = async () => {
    const all = await connected(world, CAPTCHA)
    const began = await all.connection.begin()
    return { ...all, ...began, text: reader.text }
  }
  const wrong = (text: string) => text.replace(/^./, (first) => (first === 'A' ? 'C' : 'A'))

  it('is one step: a picture, and when it expires; what is on it is the answer, and the page hears of it', async () => {
    const { connection, question, page, text, first, email } = await begun()
    const { image = '', ...rest } = question
    expect(rest).toEqual({
      connection_id: connection.number,
      expires: expect.stringMatching(SECOND),
      id: question.id,
      question: 'Enter the characters in the picture:',
      should_answer: true,
      type: 'image',
    })
    expect(image).toMatch(/^data:image\/png;base64,[\w+/]+=*$/)
    expect((await loadImage(Buffer.from(image.slice(22), 'base64'))).width).toBe(248)
    await page.step('OTP_REQUIRED')
    expect(questionOf(await connection.get())).toEqual(question)
    const done = await connection.answer(question.id, text.toLowerCase(), world.other)
    expect([done.status, done.body]).toEqual([200, { connection_id: connection.number, status: 'good' }])
    expect(await page.end()).toBe('approved')
    for (const address of [first, email]) expect(world.provider.sentTo(address)).toEqual([])
  })

  it('asks whoever has no device at all', async () => {
    const connection = new Connection(world)
    await connection.bind(CAPTCHA)
    expect((await connection.get()).status).toBe('resync')
    const { question } = await connection.begin()
    expect((await connection.answer(question.id, reader.text)).body.status).toBe('good')
  })

  it('shows the same picture again until it was misread three times', async () => {
    const { connection, question, page, text } = await begun()
    for (let tries = 0; tries < 2; tries++) {
      expect(questionOf((await connection.answer(question.id, wrong(text))).body)).toEqual(question)
    }
    expect((await connection.answer(question.id, wrong(text))).body.status).toBe('incorrect_credentials')
    expect(await page.end()).toBe('denied')
    expectRefused(await connection.answer(question.id, text), 409, 'answers[0].challenge_id')
  })

  it('expires: resync, and the next one shows another picture under another number', async () => {
    const connection = new Connection(world)
    await connection.bind({ ...CAPTCHA, challengeTimeout: 2 })
    const { question, page } = await connection.begin()
    const { text } = reader
    expect(await page.end()).toBe('timed_out')
    expect(await connection.get()).toEqual({ connection_id: connection.number, status: 'resync' })
    expectRefused(await connection.answer(question.id, text), 409, 'answers[0].challenge_id')
    await connection.bind(CAPTCHA)
    const next = await connection.begin()
    expect(next.question.id).toBeGreaterThan(question.id)
    expect(next.question.image).not.toBe(question.image)
    expect(reader.text).not.toBe(text)
  })

  it('expires no later than it says, and within minutes', async () => {
    const { question, page } = await begun()
    const { expiresDate } = await page.step('OTP_REQUIRED')
    const late = expiresDate - Date.parse(question.expires ?? '')
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(1_000)
    expect(Math.abs(expiresDate - Date.now() - 180_000)).toBeLessThan(30_000)
  })

  it('says what is on it in no answer, neither here nor in the hub’s own words', async () => {
    const { sync, challenge, connection, text } = await begun()
    const native = await mfa(world.other, 'GET', `/v1/deviceAuthentications/${challenge}`)
    const record = await mfa(world.other, 'GET', `/v1/challenges/${challenge}`)
    const withoutPicture = JSON.stringify([sync, await connection.get()]).replaceAll(questionOf(sync).image ?? '', '')
    expect([native.status, record.status]).toEqual([200, 200])
    expect(native.body._embedded.devices).toEqual([])
    for (const told of [withoutPicture, native.text, record.text]) {
      expect(told.toUpperCase()).not.toContain(text)
      expect(told).not.toContain('base64')
    }
  })

  it('draws one picture for whoever begins it at the same moment, and takes one right answer', async () => {
    for (let round = 0; round < 8; round++) {
      const connection = new Connection(world)
      await connection.bind(CAPTCHA)
      const replies = await Promise.all([world.one, world.other].map((hub) => connection.post(undefined, hub)))
      const [one, other] = replies.map(({ body }) => questionOf(body))
      expect(other).toEqual(one)
      expect(questionOf(await connection.get())).toEqual(one)
    }
    const { connection, question, text } = await begun()
    const answers = await Promise.all([world.one, world.other].map((hub) => connection.answer(question.id, text, hub)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
  })
})
