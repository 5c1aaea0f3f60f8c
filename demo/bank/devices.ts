import type { Mfa } from '../../client-sdk/index.ts'
import type { DeviceView } from '../../server/protocol/mfa.ts'
import { type Added, type OwnDevices, TYPES } from './bank-api.ts'
import type { NewDevice } from './bodies.ts'
import { toWay } from './to-way.ts'

export async function activeDevices(mfa: Mfa, userId: string): Promise<readonly DeviceView[]> {
  return (await mfa.readAllDevices({ userId, setFilterFlag: true, statusFilter: 'ACTIVE' })).devices
}

/** What a person sees of their own devices: those that work, the default one first. */
export async function ownDevices(mfa: Mfa, userId: string): Promise<OwnDevices> {
  const { devices, order, allowedtypes } = await mfa.readAllDevices({ userId })
  const active = devices.filter(({ status }) => status === 'ACTIVE')
  return {
    devices: active.map((device) => ({
      ...toWay(device),
      isDefault: device.id === order[0]?.id,
      ...(device.createdAt !== undefined && { since: device.createdAt }),
    })),
    allowed: TYPES.filter((type) => allowedtypes.includes(type)),
  }
}

/** A phone becomes a device once it claims the pairing key; the others have to be activated. */
export async function addDevice(mfa: Mfa, userId: string, wanted: NewDevice, userAgent = ''): Promise<Added> {
  if (wanted.type === 'MOBILE') {
    const { id, code = '' } = (await mfa.createPairingKey({ userId })).rawResponse
    return { id, code }
  }
  const email = wanted.type === 'EMAIL' ? wanted.email : undefined
  const { device } = await mfa.createDevice({ userId, deviceType: wanted.type, email, userAgent })
  const { id, secret, keyUri, publicKeyCredentialCreationOptions: passkeyOptions } = device
  return {
    id,
    ...(secret !== undefined && { secret }),
    ...(keyUri !== undefined && { keyUri }),
    ...(passkeyOptions !== undefined && { passkeyOptions }),
  }
}
