import type { Mfa } from '../../client-sdk/index.ts'

/** A capability of seed 001 as the client makes it. */
export interface Capability {
  /** Its heading in the seed; `W`: in the part for workforces. */
  readonly heading: string
  readonly call: (mfa: Mfa) => Promise<object>
  readonly request: string
  /** The action that its content type names. */
  readonly action?: string
  readonly body?: unknown
  /** What stands beside the answer, as the seed lists it. */
  readonly beside?: readonly string[]
}

const user = { userId: 'anna / Łódź' }
const device = { ...user, deviceId: 'd1' }
const authentication = { deviceAuthenticationId: 'a1' }
const USER = '/v1/users/anna%20%2F%20%C5%81%C3%B3d%C5%BA'
const AUTHENTICATION = '/v1/deviceAuthentications/a1'
const LIST = ['devices', 'allowedtypes', 'applications', 'mfaSettings', 'mfaPolicy', 'order']

/** Every heading of the seed, in its order: its inputs by their names there, and the call that mfa-api.md makes of them. */
export const CAPABILITIES: readonly Capability[] = [
  {
    heading: 'Read Device',
    call: (mfa) => mfa.readDevice(device),
    request: `GET ${USER}/devices/d1`,
    beside: ['device'],
  },
  {
    heading: 'Read All Devices',
    call: (mfa) =>
      mfa.readAllDevices({ ...user, setFilterFlag: true, statusFilter: 'ACTIVE', deviceTypes: ['SMS', 'EMAIL'] }),
    request: `GET ${USER}/devices?status=ACTIVE&type=SMS%2CEMAIL`,
    beside: LIST,
  },
  {
    heading: 'Create Device',
    call: (mfa) =>
      mfa.createDevice({
        ...user,
        deviceType: 'SMS',
        customDeviceType: '',
        status: 'ACTIVATION_REQUIRED',
        nickname: 'Mine',
        phone: '+4930123456',
        extension: '1,2',
        email: '',
        rpId: 'bank.example',
        rpName: 'Bank',
        notificationPolicyId: 'n1',
        customNotificationPolicyId: 'n2',
        templateVariant: 'short',
        customTemplateVariant: null,
        templateLocale: 'pt-BR',
        templateVariables: [{ name: 'bank', value: 'Ours' }],
        userAgent: 'Firefox',
        createDeviceTestMode: 'true',
        oneTimeDeviceTestMode: '',
      }),
    request: `POST ${USER}/devices`,
    body: {
      type: 'SMS',
      status: 'ACTIVATION_REQUIRED',
      nickname: 'Mine',
      phone: '+4930123456',
      extension: '1,2',
      rp: { id: 'bank.example', name: 'Bank' },
      notification: {
        policy: { id: 'n2' },
        template: { variant: 'short', locale: 'pt-BR', variables: [{ name: 'bank', value: 'Ours' }] },
      },
      userAgent: 'Firefox',
      testMode: true,
    },
    beside: ['device'],
  },
  {
    heading: 'Activate Device',
    call: (mfa) => mfa.activateDevice({ ...device, otp: '', attestation: '{}', origin: 'https://bank.example' }),
    request: `POST ${USER}/devices/d1`,
    action: 'device.activate',
    body: { attestation: '{}', origin: 'https://bank.example' },
    beside: ['device'],
  },
  { heading: 'Delete Device', call: (mfa) => mfa.deleteDevice(device), request: `DELETE ${USER}/devices/d1` },
  {
    heading: 'Resend OTP for Pairing',
    call: (mfa) => mfa.resendOtpForPairing(device),
    request: `POST ${USER}/devices/d1`,
    action: 'device.sendActivationCode',
    body: {},
  },
  {
    heading: 'Update Device Nickname',
    call: (mfa) => mfa.updateDeviceNickname({ ...device, nickname: '' }),
    request: `PUT ${USER}/devices/d1/nickname`,
    body: { nickname: '' },
    beside: ['nickname'],
  },
  {
    heading: 'Read MFA Status',
    call: (mfa) => mfa.readMfaStatus(user),
    request: `GET ${USER}/mfaEnabled`,
    beside: ['mfaEnabled'],
  },
  {
    heading: 'Update MFA Status',
    call: (mfa) => mfa.updateMfaStatus({ ...user, mfaEnabled: false }),
    request: `PUT ${USER}/mfaEnabled`,
    body: { mfaEnabled: false },
    beside: ['mfaEnabled'],
  },
  {
    heading: 'Read Device Authentication Policy',
    call: (mfa) =>
      mfa.readDeviceAuthenticationPolicy({
        deviceAuthenticationPolicyId: 'p1',
        customDeviceAuthenticationPolicyId: 'p2',
      }),
    request: 'GET /v1/deviceAuthenticationPolicies/p2',
    beside: ['deviceAuthenticationPolicy'],
  },
  {
    heading: 'Create Device Authentication',
    call: (mfa) =>
      mfa.createDeviceAuthentication({
        ...user,
        mfaPolicyId: 'p1',
        authTemplateName: 'transaction',
        notificationPolicyId: 'n1',
        customNotificationPolicyId: '',
        templateVariant: null,
        customTemplateVariant: 'long',
        templateLocale: 'de',
        templateVariables: [{ name: 'amount', value: '9' }],
        mobilePayload: 'x.y.z',
        applicationId: 'app',
        customApplicationId: 'mine',
        clientContext: [{ name: 'where', value: 'Berlin' }],
        userAgent: 'Firefox',
        rpId: 'one.example',
        deviceAuthenRpId: 'other.example',
        challenge: 'AAAA',
        oneTimeDeviceTestMode: 'true',
        usernameLess: false,
        selectedDevice: 'One-Time Device',
        selectedDeviceId: 'left over',
        oneTimeDeviceType: 'VOICE',
        oneTimeSmsDevice: '+1',
        oneTimeVoiceDevice: '+4930123456',
        oneTimeEmailDevice: 'anna@example.com',
        otp: '',
      }),
    request: 'POST /v1/deviceAuthentications',
    body: {
      user: { id: user.userId },
      policy: { id: 'p1' },
      application: { id: 'mine' },
      selectedDevice: { oneTime: { type: 'VOICE', phone: '+4930123456' } },
      notification: {
        policy: { id: 'n1' },
        template: {
          name: 'transaction',
          variant: 'long',
          locale: 'de',
          variables: [{ name: 'amount', value: '9' }],
        },
        clientContext: [{ name: 'where', value: 'Berlin' }],
      },
      mobilePayload: 'x.y.z',
      rp: { id: 'other.example' },
      challenge: 'AAAA',
      userAgent: 'Firefox',
      testMode: true,
    },
  },
  {
    heading: 'Read Device Authentication',
    call: (mfa) => mfa.readDeviceAuthentication(authentication),
    request: `GET ${AUTHENTICATION}`,
  },
  {
    heading: 'Device Selection',
    call: (mfa) => mfa.deviceSelection({ ...authentication, deviceId: 'd1', compatibility: 'SECURITY_KEY_ONLY' }),
    request: `POST ${AUTHENTICATION}`,
    action: 'device.select',
    body: { device: { id: 'd1' }, compatibility: 'SECURITY_KEY_ONLY' },
  },
  {
    heading: 'Device Passcode',
    call: (mfa) => mfa.devicePasscode({ ...authentication, otp: '123456' }),
    request: `POST ${AUTHENTICATION}`,
    action: 'otp.check',
    body: { otp: '123456' },
  },
  {
    heading: 'FIDO Assertion',
    call: (mfa) =>
      mfa.fidoAssertion({ ...authentication, assertion: '{}', origin: 'https://bank.example', compatibility: 'FULL' }),
    request: `POST ${AUTHENTICATION}`,
    action: 'assertion.check',
    body: { assertion: '{}', origin: 'https://bank.example', compatibility: 'FULL' },
  },
  {
    heading: 'Read Pairing Key',
    call: (mfa) => mfa.readPairingKey({ ...user, pairingKeyId: 'k1' }),
    request: `GET ${USER}/pairingKeys/k1`,
  },
  {
    heading: 'Create Pairing Key',
    call: (mfa) => mfa.createPairingKey({ ...user, applicationIds: ['app', 'other'] }),
    request: `POST ${USER}/pairingKeys`,
    body: { applications: [{ id: 'app' }, { id: 'other' }] },
  },
  {
    heading: 'Delete Pairing Key',
    call: (mfa) => mfa.deletePairingKey({ ...user, pairingKeyId: 'k1' }),
    request: `DELETE ${USER}/pairingKeys/k1`,
  },
  {
    heading: 'Create Authentication Code',
    call: (mfa) =>
      mfa.createAuthenticationCode({
        authenticatingApplicationId: 'app',
        customAuthenticatingApplicationId: 'mine',
        duration: '90',
        userApproval: 'NOT_REQUIRED',
        clientContext: [{ name: 'where', value: 'Berlin' }],
      }),
    request: 'POST /v1/authenticationCodes',
    body: {
      application: { id: 'mine' },
      lifeTime: { duration: 90, timeUnit: 'SECONDS' },
      userApproval: 'NOT_REQUIRED',
      clientContext: [{ name: 'where', value: 'Berlin' }],
    },
    beside: ['authenticationCode'],
  },
  {
    heading: 'Read Authentication Code',
    call: (mfa) => mfa.readAuthenticationCode({ authenticationCodeId: 'c1' }),
    request: 'GET /v1/authenticationCodes/c1',
    beside: ['authenticationCode'],
  },
  {
    heading: 'Set Device Order',
    call: (mfa) =>
      mfa.setDeviceOrder({ ...user, setDeviceOrder: 'deviceOrder', deviceOrderList: [{ value: 'd2' }, 'd1'] }),
    request: `POST ${USER}/devices`,
    action: 'devices.reorder',
    body: { order: [{ id: 'd2' }, { id: 'd1' }] },
    beside: ['devices', 'order'],
  },
  {
    heading: 'Cancel Device Authentication',
    call: (mfa) => mfa.cancelDeviceAuthentication({ ...authentication, reason: 'CHANGE_DEVICE' }),
    request: `POST ${AUTHENTICATION}`,
    action: 'cancel.push.authentication',
    body: { reason: 'CHANGE_DEVICE' },
  },
  {
    heading: 'W Create Device',
    call: (mfa) =>
      mfa.createDevice({
        ...user,
        workforceDeviceType: 'OATH_TOKEN',
        status: 'ACTIVE',
        serialNumber: 'T-1',
        rpId: null,
        rpName: '',
      }),
    request: `POST ${USER}/devices`,
    body: { type: 'OATH_TOKEN', status: 'ACTIVE', serialNumber: 'T-1' },
    beside: ['device'],
  },
  {
    heading: 'W Create Device Authentication',
    call: (mfa) =>
      mfa.createDeviceAuthentication({
        userId: 'not looked at',
        usernameLess: true,
        workforcePolicyMfaPolicyId: 'p1',
        selectedDevice: 'ID',
        selectedDeviceId: 'd1',
        oneTimeDeviceType: 'SMS',
        fidoCompatibility: 'SECURITY_KEY_ONLY',
        compatibility: 'FULL',
        createDeviceTestMode: 'false',
        otp: '123456',
      }),
    request: 'POST /v1/deviceAuthentications',
    body: {
      usernameLess: true,
      policy: { id: 'p1' },
      selectedDevice: { id: 'd1' },
      otp: '123456',
      fidoCompatibility: 'SECURITY_KEY_ONLY',
      compatibility: 'FULL',
      testMode: 'false',
    },
  },
  {
    heading: 'W Create Pairing Key',
    call: (mfa) => mfa.createPairingKey(user),
    request: `POST ${USER}/pairingKeys`,
    body: {},
  },
  {
    heading: 'W Read All Devices',
    call: (mfa) => mfa.readAllDevices({ ...user, setFilterFlag: true, workforceDeviceTypes: ['YUBIKEY', 'DESKTOP'] }),
    request: `GET ${USER}/devices?type=YUBIKEY%2CDESKTOP`,
    beside: LIST,
  },
]
