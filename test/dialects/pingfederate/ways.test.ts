import { expect, it } from 'vitest'
import { fidoOf, ORIGIN } from '../../mfa/fido-world.ts'
import { describeMfa, mfa, newUser, pairPhone } from '../../mfa/world.ts'
import { SoftAuthenticator } from '../../support/soft-authenticator.ts'
import { act, actionsOf, challengeOf, done, expectRefused, look, opened, policyWith, withEmail } from './flows.ts'

/* Passkeys, and phones that say whose they are. */

describeMfa((world) => {
  it('asks a passkey, whose options are an object here', async () => {
    const { user, key } = await fidoOf(world).register()
    const flow = await opened(world.one, { user })
    const state = await done(world.other, flow, 'authenticate')
    expect(state).toMatchObject({
      status: 'ASSERTION_REQUIRED',
      publicKeyCredentialRequestOptions: { rpId: 'login.example.com', challenge: expect.any(String) },
      devices: [{ type: 'FIDO2', name: 'Passkey', pushEnabled: false }],
    })
    expect(actionsOf(state)).toEqual(['checkAssertion', 'selectDevice', 'cancelAuthentication'])
    const options = JSON.stringify(state.publicKeyCredentialRequestOptions)
    const stranger = new SoftAuthenticator().get(options)
    const refused = [400, 'VALIDATION_ERROR'] as const
    for (const assertion of ['{}', stranger]) {
      const reply = await act(world.one, flow, 'checkAssertion', { assertion, origin: ORIGIN })
      expectRefused(reply, refused, ['INVALID_FIELD_VALUE', 'assertion'])
    }
    const assertion = key.get(options)
    const elsewhere = { assertion, origin: 'https://evil.example' }
    expectRefused(await act(world.one, flow, 'checkAssertion', elsewhere), refused, ['INVALID_FIELD_VALUE', 'origin'])
    const completed = await done(world.other, flow, 'checkAssertion', { assertion, origin: ORIGIN })
    expect(completed.status).toBe('MFA_COMPLETED')
    expect(completed).not.toHaveProperty('publicKeyCredentialRequestOptions')
    expect(await challengeOf(world.one, flow)).toMatchObject({ challengeStatus: 'approved' })
  })

  it('shows the only device, too, where the policy always does', async () => {
    const fido = fidoOf(world)
    const { user, key, device } = await fido.register()
    const policy = { id: await fido.policyWith({ authentication: { deviceSelection: 'ALWAYS_DISPLAY_DEVICES' } }) }
    const always = await opened(world.one, { user, policy })
    expect((await done(world.one, always, 'authenticate')).status).toBe('DEVICE_SELECTION_REQUIRED')
    const state = await done(world.one, always, 'selectDevice', { deviceRef: { id: device.id } })
    const assertion = key.get(JSON.stringify(state.publicKeyCredentialRequestOptions))
    expect((await done(world.other, always, 'checkAssertion', { assertion, origin: ORIGIN })).status).toBe(
      'MFA_COMPLETED',
    )
  })

  const ASSENT = { application: { id: 'assent' } }

  it('a phone that says whose it is, is the one that is asked', async () => {
    const { user, phone } = await pairPhone(world.one)
    await withEmail(world, user)
    const flow = await opened(world.one, { user: { id: user }, ...ASSENT, policy: await policyWith(world.one) })
    const mobilePayload = phone.payload()
    const state = await done(world.other, flow, 'authenticate', { mobilePayload })
    expect(state).toMatchObject({ status: 'PUSH_CONFIRMATION_WAITING', selectedDeviceRef: { id: phone.id } })
    expect(await phone.approvals(world.one)).toHaveLength(1)
  })

  it('where its word is enough, it is completed at once', async () => {
    const { user, phone } = await pairPhone(world.one)
    const policy = await policyWith(world.one, {}, { mobile: { deviceAuthorization: { enabled: true } } })
    const flow = await opened(world.one, { user: { id: user }, ...ASSENT, policy })
    const [one, other] = await Promise.all([
      act(world.one, flow, 'authenticate', { mobilePayload: phone.payload() }),
      act(world.other, flow, 'authenticate', { mobilePayload: phone.payload() }),
    ])
    expect([one.status, other.status].toSorted()).toEqual([200, 400])
    expect((await look(world.one, flow)).body.status).toBe('MFA_COMPLETED')
    const native = await mfa(world.one, 'GET', `/v1/deviceAuthentications/${flow.challenge}`)
    expect(native.body).toMatchObject({ authenticators: ['swk', 'mfa'], selectedDevice: { id: phone.id } })
    expect(await phone.approvals(world.one)).toEqual([])
  })

  it('of somebody else, of another application, or of no application at all, it says nothing here', async () => {
    const { user, phone } = await pairPhone(world.one)
    const { phone: stranger } = await pairPhone(world.one)
    const policy = await policyWith(world.one, {}, { mobile: { deviceAuthorization: { enabled: true } } })
    const flow = await opened(world.one, { user: { id: user }, ...ASSENT, policy })
    const bare = await opened(world.one, { user: { id: user }, policy })
    const limited = await opened(world.one, { user: { id: user }, policy, ...ASSENT, exclude: ['PUSH'] })
    const foreign = stranger.payload()
    const tries = [
      [flow, foreign],
      [flow, phone.payload({ application: newUser() })],
      [flow, phone.payload({ exp: 1 })],
      [flow, 'nonsense'],
      [bare, phone.payload()],
      [limited, phone.payload()],
    ] as const
    for (const [each, mobilePayload] of tries) {
      const reply = await act(world.other, each, 'authenticate', { mobilePayload })
      expectRefused(reply, [400, 'VALIDATION_ERROR'], ['INVALID_MOBILE_PAYLOAD', 'mobilePayload'])
      expect((await challengeOf(world.one, each)).version).toBe(1)
    }
    const tooLong = await act(world.other, flow, 'authenticate', { mobilePayload: 'x'.repeat(5_000) })
    expectRefused(tooLong, [400, 'VALIDATION_ERROR'], ['INVALID_MOBILE_PAYLOAD', 'mobilePayload'])
  })

  it('is not spent where it was of somebody else', async () => {
    const { user, phone } = await pairPhone(world.one)
    const { user: other } = await pairPhone(world.one)
    const policy = await policyWith(world.one)
    const theirs = await opened(world.one, { user: { id: other }, ...ASSENT, policy })
    const mine = await opened(world.one, { user: { id: user }, ...ASSENT, policy })
    const mobilePayload = phone.payload()
    expect((await act(world.one, theirs, 'authenticate', { mobilePayload })).status).toBe(400)
    expect((await done(world.one, mine, 'authenticate', { mobilePayload })).status).toBe('PUSH_CONFIRMATION_WAITING')
  })

  it('several devices are a choice, whatever order the user has made', async () => {
    const { user, device } = await withEmail(world)
    await withEmail(world, user)
    const body = { name: newUser(), authentication: { deviceSelection: 'DEFAULT_TO_FIRST' } }
    const { id } = (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', body)).body
    const flow = await opened(world.one, { user: { id: user }, policy: { id } })
    const state = await done(world.one, flow, 'authenticate')
    expect(state).toMatchObject({ status: 'DEVICE_SELECTION_REQUIRED', userSelectedDefault: true })
    expect(state.devices?.[0]?.id).toBe(device.id)
    await mfa(world.one, 'POST', `/v1/users/${encodeURIComponent(user)}/devices?action=devices.order.remove`, {})
    expect((await look(world.one, flow)).body).toMatchObject({ userSelectedDefault: false })
  })

  it('a device that was removed is exchanged for another one, or nothing', async () => {
    const { user, device } = await withEmail(world)
    const flow = await opened(world.one, { user: { id: user } })
    await done(world.one, flow, 'authenticate')
    await mfa(world.one, 'DELETE', `/v1/users/${encodeURIComponent(user)}/devices/${device.id}`)
    const { body } = await look(world.other, flow)
    expect(body.devices).toEqual([])
    expect(actionsOf(body)).toEqual(['selectDevice', 'cancelAuthentication'])
    expectRefused(await act(world.one, flow, 'checkOtp', { otp: '1' }), [400, 'INVALID_ACTION_ID'])
  })
})
