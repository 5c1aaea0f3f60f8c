// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is sent has variables of this kind

import { describe, expect, it } from 'vitest'
import {
  act,
  addDevice,
  describeMfa,
  devicesOf,
  expectRefusal,
  mfa,
  newEmail,
  newPhone,
  newUser,
  type World,
} from './world.ts'

/* What messages say, in which language, and how many there may be. */

describeMfa((world) => {
  const contents = '/v1/templates/device_pairing/contents'
  const put = (path: string, body: object) => mfa(world.one, 'PUT', `${contents}/${path}`, body)
  const pair = async (type: 'EMAIL' | 'SMS' | 'VOICE', template: object = {}) => {
    const address = type === 'EMAIL' ? newEmail() : newPhone()
    const body = { type, [type === 'EMAIL' ? 'email' : 'phone']: address, notification: { template } }
    await addDevice(world.other, newUser(), body)
    const [message] = world.provider.sentTo(address)
    if (!message) throw new Error('nothing was sent')
    return message
  }

  describe('a message', () => {
    it('says the code and how long it is good for, in the words of its road', async () => {
      const email = await pair('EMAIL')
      expect(email).toMatchObject({ method: 'EMAIL', subject: 'Confirm this address', locale: 'en' })
      expect(email.text).toMatch(/^Your code to add this device is \d{6}\. It is good for 30 minutes\.$/)
      const sms = await pair('SMS')
      expect(sms).not.toHaveProperty('subject')
      expect((await pair('VOICE')).text).toMatch(/ \d, \d, \d, \d, \d, \d\. /)
    })

    it.each([
      ['de', 'de', 'Ihr Code'],
      ['fr-CA', 'fr', 'Votre code'],
      ['es', 'es', 'Su código'],
      ['tlh', 'en', 'Your code'],
    ])('for %s is in %s', async (locale, spoken, words) => {
      const { text, locale: told } = await pair('SMS', { locale })
      expect(text).toContain(words)
      expect(told).toBe(spoken)
    })

    it('says what an operator makes it say, with the variables of whoever asked', async () => {
      await put('de-AT/SMS/Griaß di', { body: '${name}, dein Code: ${otp}. ${unknown}${constructor}' })
      const variant = 'Griaß di'
      const { text, locale } = await pair('SMS', { variant, locale: 'de-AT', variables: { name: 'Ada ${otp}' } })
      expect(text).toMatch(/^Ada \$\{otp\}, dein Code: \d{6}\. $/)
      expect(locale).toBe('de-AT')
      // As a list, like the seed's; in a language the operator has no words in, Assent has.
      const listed = { variant, locale: 'fr', variables: [{ name: 'name', value: 'Ada' }] }
      expect((await pair('SMS', listed)).text).toContain('Votre code')
    })

    it('is refused when nobody knows it, and nothing changes', async () => {
      const user = newUser()
      const ask = (notification: object) =>
        mfa(world.one, 'POST', devicesOf(user), { type: 'SMS', phone: newPhone(), notification })
      const unknown = await ask({ template: { variant: 'none' } })
      expectRefusal(unknown, 'INVALID_DATA', ['INVALID_VALUE', 'notification.template.variant'])
      expectRefusal(await ask({ policy: { id: 'none' } }), 'INVALID_DATA', ['INVALID_VALUE', 'notification.policy.id'])
      const variables = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`v${at}`, '']))
      const tooMany = await ask({ template: { variables } })
      expectRefusal(tooMany, 'INVALID_DATA', ['INVALID_VALUE', 'notification.template.variables'])
      const long = await ask({ template: { variables: { v: 'x'.repeat(1_001) } } })
      expectRefusal(long, 'INVALID_DATA', ['SIZE_LIMIT_EXCEEDED', 'notification.template.variables.v'])
    })
  })

  describe('an operator’s words', () => {
    it('are kept, listed, replaced and taken back, on any instance', async () => {
      const made = await put('it/EMAIL', { subject: 'Ciao', body: 'Codice: ${otp}' })
      expect(made.body).toMatchObject({
        locale: 'it',
        deliveryMethod: 'EMAIL',
        subject: 'Ciao',
        body: 'Codice: ${otp}',
      })
      const { body } = await mfa(world.other, 'GET', contents)
      expect(body._embedded.contents).toContainEqual(made.body)
      expect((await mfa(world.other, 'GET', made.body._links.self.href)).body).toEqual(made.body)
      await put('it/EMAIL', { subject: 'Salve', body: '${otp}' })
      expect(await pair('EMAIL', { locale: 'it' })).toMatchObject({ subject: 'Salve', locale: 'it' })
      expect((await mfa(world.other, 'DELETE', `${contents}/it/EMAIL`)).status).toBe(204)
      expectRefusal(await mfa(world.one, 'GET', `${contents}/it/EMAIL`), 'NOT_FOUND')
      expect((await pair('EMAIL', { locale: 'it' })).subject).toBe('Confirm this address')
    })

    it('begin with Assent’s, which can be read', async () => {
      const { body } = await mfa(world.one, 'GET', `${contents}/de/EMAIL`)
      expect(body).toMatchObject({ locale: 'de', subject: 'Bitte bestätigen', body: expect.stringContaining('${otp}') })
      expectRefusal(await mfa(world.one, 'GET', `${contents}/tlh/EMAIL`), 'NOT_FOUND')
      expectRefusal(await mfa(world.one, 'DELETE', `${contents}/de/EMAIL`), 'NOT_FOUND')
    })

    it('are refused for what there is not', async () => {
      expectRefusal(await put('it/SMS', { body: 'no code' }), 'INVALID_DATA', ['INVALID_VALUE', 'body'])
      expectRefusal(await put('it/PIGEON', { body: 'x' }), 'INVALID_DATA', ['INVALID_VALUE', 'deliveryMethod'])
      expectRefusal(await put('italiano/SMS', { body: 'x' }), 'INVALID_DATA', ['INVALID_VALUE', 'locale'])
      expectRefusal(await put('it/SMS', {}), 'INVALID_DATA', ['REQUIRED_VALUE', 'body'])
      expectRefusal(await put('it/SMS', { subject: 'x', body: '${otp}' }), 'INVALID_DATA', ['INVALID_VALUE', 'subject'])
      const unknown = await mfa(world.one, 'GET', '/v1/templates/none/contents')
      expectRefusal(unknown, 'INVALID_DATA', ['INVALID_VALUE', 'template'])
    })
  })

  describe('a notification policy', () => {
    const policyWith = async (quota: object) => {
      const body = { name: newUser(), quotas: [quota] }
      return (await mfa(world.one, 'POST', '/v1/notificationPolicies', body)).body.id as string
    }

    it('limits what one user is sent in a day, exactly, over all instances', async () => {
      const policy = { id: await policyWith({ type: 'USER', deliveryMethods: ['SMS', 'VOICE'], total: 3 }) }
      const user = newUser()
      const ask = (at: number) =>
        mfa(at % 2 ? world.one : world.other, 'POST', devicesOf(user), {
          type: at % 3 ? 'SMS' : 'VOICE',
          phone: newPhone(),
          notification: { policy },
        })
      const replies = await Promise.all([0, 1, 2, 3, 4].map(ask))
      expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 429, 429])
      const refused = replies.find(({ status }) => status === 429)
      if (refused) expectRefusal(refused, 'REQUEST_LIMITED', ['LIMIT_EXCEEDED', 'notification'])
      // What is not sent does not count, and mail is counted by itself.
      const phone = newPhone()
      await addDevice(world.one, user, { type: 'SMS', phone, testMode: true, notification: { policy } })
      await addDevice(world.one, user, { type: 'EMAIL', email: newEmail(), notification: { policy } })
    })

    it('limits what everybody together is sent', async () => {
      const policy = { id: await policyWith({ type: 'ENVIRONMENT', deliveryMethods: ['EMAIL'], total: 2 }) }
      const ask = (hub: World['one']) =>
        mfa(hub, 'POST', devicesOf(newUser()), { type: 'EMAIL', email: newEmail(), notification: { policy } })
      const replies = await Promise.all([ask(world.one), ask(world.other), ask(world.one), ask(world.other)])
      expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 201, 429, 429])
    })

    it('counts codes that are sent anew', async () => {
      const notificationPolicy = { id: await policyWith({ type: 'USER', deliveryMethods: ['SMS'], total: 2 }) }
      const words = { name: newUser(), notificationPolicy }
      const policy = { id: (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', words)).body.id }
      const user = newUser()
      const { id } = await addDevice(world.one, user, { type: 'SMS', phone: newPhone(), policy })
      const resend = () => act(world.other, `${devicesOf(user)}/${id}`, 'device.sendActivationCode')
      expect((await resend()).status).toBe(200)
      expectRefusal(await resend(), 'REQUEST_LIMITED', ['LIMIT_EXCEEDED', 'notification'])
    })
  })
})
