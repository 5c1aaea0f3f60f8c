import { TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMfa, createPhone, type Mfa, memoryKeeper } from '../../client-sdk/index.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { Provider } from '../support/provider.ts'
import { SoftAuthenticator } from '../support/soft-authenticator.ts'
import { ValidationServer } from '../support/validation-server.ts'
import { newEmail, newPhone, newUser } from './world.ts'

/* Seed 001's capabilities by the client, before a real hub: each test bears the headings it makes use of. */

let hub: RunningHub
let provider: Provider
let keys: ValidationServer
let mfa: Mfa

beforeAll(async () => {
  ;[provider, keys] = await Promise.all([Provider.start(), ValidationServer.start()])
  hub = await startHub({ ...provider.environment, ...keys.environment })
  mfa = createMfa({ url: hub.url, token: hub.token({ scope: 'mfa:write', sub: 'a backend' }) })
})
afterAll(async () => {
  await hub.stop()
  await Promise.all([provider.stop(), keys.stop()])
})

const withEmail = async () => {
  const [userId, email] = [newUser(), newEmail()]
  const { device } = await mfa.createDevice({ userId, deviceType: 'EMAIL', status: 'ACTIVE', email, phone: '' })
  return { userId, email, device }
}

it('Create Device, Activate Device, Resend OTP for Pairing, Read Device, Update Device Nickname, Delete Device', async () => {
  const [userId, email] = [newUser(), newEmail()]
  const created = await mfa.createDevice({
    userId,
    customDeviceType: ' email ',
    status: 'ACTIVATION_REQUIRED',
    email,
    nickname: 'At work',
    customTemplateVariant: '',
    templateLocale: 'de',
    templateVariables: [{ name: 'bank', value: 'Ours' }],
    userAgent: 'Firefox',
  })
  expect(created).toMatchObject({ statusCode: 201, device: { type: 'EMAIL', status: 'ACTIVATION_REQUIRED' } })
  expect(created.headers.location).toBe(created.device._links.self?.href)
  expect(created.rawResponse).toBe(created.device)
  const at = { userId, deviceId: created.device.id }
  const resent = await mfa.resendOtpForPairing(at)
  expect(resent).toMatchObject({ statusCode: 200, rawResponse: { id: at.deviceId } })
  expect(provider.sentTo(email).map(({ locale }) => locale)).toEqual(['de', 'de'])
  const wrong = mfa.activateDevice({ ...at, otp: 'wrong' })
  await expect(wrong).rejects.toMatchObject({
    code: 'REQUEST_FAILED',
    statusCode: 400,
    details: [{ code: 'INVALID_OTP', target: 'otp', innerError: { attemptsRemaining: 2 } }],
  })
  const activated = await mfa.activateDevice({ ...at, otp: provider.codeFor(email) })
  expect(activated.device.status).toBe('ACTIVE')
  expect((await mfa.updateDeviceNickname({ ...at, nickname: 'At home' })).nickname).toBe('At home')
  expect((await mfa.readDevice(at)).device).toMatchObject({ nickname: 'At home', email })
  expect(await mfa.deleteDevice(at)).toMatchObject({ rawResponse: {}, statusCode: 204 })
  await expect(mfa.readDevice(at)).rejects.toMatchObject({ code: 'NOT_FOUND', statusCode: 404, isFinal: true })
})

it('Read MFA Status, Update MFA Status', async () => {
  const { userId } = await withEmail()
  expect((await mfa.readMfaStatus({ userId })).mfaEnabled).toBe(true)
  expect((await mfa.updateMfaStatus({ userId, mfaEnabled: false })).mfaEnabled).toBe(false)
  await expect(mfa.createDeviceAuthentication({ userId })).rejects.toMatchObject({
    details: [{ code: 'MFA_DISABLED' }],
  })
})

it('Read All Devices, Set Device Order', async () => {
  const { userId, device: first } = await withEmail()
  const { device: second } = await mfa.createDevice({ userId, deviceType: 'SMS', status: 'ACTIVE', phone: newPhone() })
  const list = await mfa.readAllDevices({ userId })
  expect(list.devices.map(({ id }) => id)).toEqual([first.id, second.id])
  expect(list).toMatchObject({
    statusCode: 200,
    order: [{ id: first.id }, { id: second.id }],
    mfaSettings: { pairing: { maxAllowedDevices: 5 } },
    mfaPolicy: { authentication: { deviceSelection: 'DEFAULT_TO_FIRST' } },
    applications: [{ id: 'assent' }],
  })
  expect(list.allowedtypes).toContain('YUBIKEY')
  const filtered = { userId, setFilterFlag: true, statusFilter: 'ACTIVE', deviceTypes: ['SMS', 'TOTP'] } as const
  expect((await mfa.readAllDevices(filtered)).devices.map(({ id }) => id)).toEqual([second.id])
  expect((await mfa.readAllDevices({ ...filtered, setFilterFlag: false })).devices).toHaveLength(2)
  const moved = await mfa.setDeviceOrder({ userId, setDeviceOrder: 'defaultDevice', defaultDeviceId: second.id })
  expect(moved.order).toEqual([{ id: second.id }, { id: first.id }])
  const back = await mfa.setDeviceOrder({ userId, deviceOrderList: [{ value: first.id }, { value: second.id }] })
  expect(back.devices.map(({ id }) => id)).toEqual([first.id, second.id])
})

it('Read Device Authentication Policy', async () => {
  const { deviceAuthenticationPolicy } = await mfa.readDeviceAuthenticationPolicy({
    customDeviceAuthenticationPolicyId: 'default',
  })
  expect(deviceAuthenticationPolicy).toMatchObject({
    default: true,
    sms: { enabled: true, otp: { failure: { count: 3 }, lifeTime: { duration: 30, timeUnit: 'MINUTES' } } },
    yubikey: { otp: { failure: { coolDown: { duration: 2 } } } },
  })
})

it('Create Device Authentication, Device Selection, Device Passcode, Read Device Authentication', async () => {
  const { userId, email } = await withEmail()
  const { device: app } = await mfa.createDevice({ userId, deviceType: 'TOTP' })
  const early = new TOTP({ secret: app.secret ?? '' }).generate({ timestamp: Date.now() - 30_000 })
  await mfa.activateDevice({ userId, deviceId: app.id, otp: early })
  const { rawResponse, statusCode } = await mfa.createDeviceAuthentication({ userId, userAgent: 'Firefox' })
  expect(statusCode).toBe(201)
  expect(rawResponse._embedded.challenge.waitToken).toMatch(/\./)
  const at = { deviceAuthenticationId: rawResponse.id }
  const selected = await mfa.deviceSelection({ ...at, deviceId: app.id, compatibility: '' })
  expect(selected.rawResponse).toMatchObject({ status: 'OTP_REQUIRED', selectedDevice: { id: app.id } })
  const wrong = mfa.devicePasscode({ ...at, otp: provider.codeFor(email) })
  await expect(wrong).rejects.toMatchObject({ details: [{ code: 'INVALID_OTP' }] })
  const code = new TOTP({ secret: app.secret ?? '' }).generate()
  const done = await mfa.devicePasscode({ ...at, otp: code })
  expect(done.rawResponse).toMatchObject({ status: 'COMPLETED', authenticators: ['otp', 'mfa'] })
  expect((await mfa.readDeviceAuthentication(at)).rawResponse.status).toBe('COMPLETED')
})

it('Create Device Authentication with a one-time device, in test mode; Cancel Device Authentication', async () => {
  const userId = newUser()
  const oneTime = { oneTimeDeviceType: 'SMS', oneTimeSmsDevice: newPhone(), oneTimeEmailDevice: '' } as const
  const { rawResponse } = await mfa.createDeviceAuthentication({
    userId,
    selectedDevice: 'One-Time Device',
    ...oneTime,
    authTemplateName: 'transaction',
    oneTimeDeviceTestMode: 'true',
  })
  expect(rawResponse).toMatchObject({ status: 'OTP_REQUIRED', test: { otp: expect.stringMatching(/^\d{6}$/) } })
  const at = { deviceAuthenticationId: rawResponse.id }
  const cancelled = await mfa.cancelDeviceAuthentication({ ...at, reason: 'SIGNOUT' })
  expect(cancelled.rawResponse).toMatchObject({ status: 'CANCELLED', cancelReason: 'SIGNOUT' })
  const late = mfa.devicePasscode({ ...at, otp: rawResponse.test?.otp ?? '' })
  await expect(late).rejects.toMatchObject({ code: 'CONFLICT', current: { status: 'CANCELLED' } })
})

it('Create Pairing Key, Read Pairing Key, Delete Pairing Key, W Create Pairing Key', async () => {
  const userId = newUser()
  const { rawResponse: key, statusCode } = await mfa.createPairingKey({ userId, applicationIds: ['assent'] })
  expect(statusCode).toBe(201)
  expect(key).toMatchObject({ status: 'UNCLAIMED', code: expect.any(String), applications: [{ id: 'assent' }] })
  const at = { userId, pairingKeyId: key.id }
  expect((await mfa.readPairingKey(at)).rawResponse).toMatchObject({ id: key.id, status: 'UNCLAIMED' })
  expect(await mfa.deletePairingKey(at)).toMatchObject({ rawResponse: {}, statusCode: 204 })
  await expect(mfa.readPairingKey(at)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await mfa.createPairingKey({ userId })).rawResponse.status).toBe('UNCLAIMED')
})

it('W Create Device, W Read All Devices, W Create Device Authentication', async () => {
  const userId = newUser()
  const { press, id } = keys.newKey()
  const { device } = await mfa.createDevice({
    userId,
    workforceDeviceType: 'YUBIKEY',
    status: 'ACTIVE',
    otp: press(),
    rpId: '',
    rpName: '',
  })
  expect(device).toMatchObject({ type: 'YUBIKEY', status: 'ACTIVE', serialNumber: id })
  const list = await mfa.readAllDevices({ userId, setFilterFlag: true, workforceDeviceTypes: ['YUBIKEY'] })
  expect(list.devices.map((each) => each.id)).toEqual([device.id])
  const { rawResponse } = await mfa.createDeviceAuthentication({
    userId,
    usernameLess: false,
    workforcePolicyMfaPolicyId: 'default',
    selectedDevice: 'ID',
    selectedDeviceId: device.id,
    otp: press(),
  })
  expect(rawResponse).toMatchObject({ status: 'COMPLETED', authenticators: ['otp', 'hwk', 'mfa'] })
})

it('Create Authentication Code, Read Authentication Code, Read Pairing Key, Create Pairing Key, with a phone', async () => {
  const userId = newUser()
  const { rawResponse: key } = await mfa.createPairingKey({ userId, applicationIds: ['assent'] })
  const phone = createPhone({ url: hub.url, keeper: memoryKeeper() })
  await phone.pair(key.code ?? '', { name: 'My phone', application: { id: 'assent' } })
  expect((await mfa.readPairingKey({ userId, pairingKeyId: key.id })).rawResponse.status).toBe('CLAIMED')
  const { authenticationCode } = await mfa.createAuthenticationCode({
    authenticatingApplicationId: 'assent',
    duration: '90',
    timeUnit: 'SECONDS',
    userApproval: 'NOT_REQUIRED',
  })
  expect(authenticationCode).toMatchObject({ status: 'UNCLAIMED', lifeTime: { duration: 90, timeUnit: 'SECONDS' } })
  await phone.claimCode(authenticationCode.code ?? '')
  const read = await mfa.readAuthenticationCode({ authenticationCodeId: authenticationCode.id })
  expect(read.authenticationCode).toMatchObject({ status: 'COMPLETED', user: { id: userId } })
})

it('Create Device, Activate Device, Create Device Authentication, FIDO Assertion, with a passkey', async () => {
  const [userId, origin] = [newUser(), hub.url.replace('127.0.0.1', 'localhost')]
  const authenticator = new SoftAuthenticator({ origin })
  const { device } = await mfa.createDevice({ userId, deviceType: 'FIDO2', rpId: 'localhost', rpName: 'Bank' })
  const attestation = authenticator.create(device.publicKeyCredentialCreationOptions)
  const active = await mfa.activateDevice({ userId, deviceId: device.id, attestation, origin })
  expect(active.device).toMatchObject({ status: 'ACTIVE', rp: { id: 'localhost', name: 'Bank' } })
  const { rawResponse } = await mfa.createDeviceAuthentication({ userId, rpId: 'localhost' })
  expect(rawResponse.status).toBe('ASSERTION_REQUIRED')
  const assertion = authenticator.get(rawResponse.publicKeyCredentialRequestOptions)
  const done = await mfa.fidoAssertion({ deviceAuthenticationId: rawResponse.id, assertion, origin })
  expect(done.rawResponse).toMatchObject({ status: 'COMPLETED', user: { id: userId } })
})
