import { z } from 'zod'
import type { MfaContext } from '../context.ts'
import { refusal } from '../mfa-error.ts'
import { parse } from '../parse.ts'
import { readSettings } from '../settings.ts'
import { alreadyActive } from '../users/already-active.ts'
import { type Device, isActive } from '../users/device.ts'
import { deviceViewer } from '../users/device-view.ts'
import { changeUser, deviceOf, readUser, withChangedDevice } from '../users/user.ts'
import { claimCredential } from './credential-owner.ts'
import { type FidoDevice, isFido } from './fido-device.ts'
import { demandOrigin, invalidOrigin } from './relying-party.ts'
import { LONGEST_RESPONSE, originOf, parseAttestation } from './signed-response.ts'
import { verifyAttestation } from './verify-attestation.ts'

const activation = z.strictObject({
  attestation: z.string().min(1).max(LONGEST_RESPONSE),
  origin: z.string().min(1).max(300),
})

/** Makes a FIDO device usable, by the credential that its authenticator has made for it. A wrong one costs nothing. */
export async function activateFido(
  context: MfaContext,
  userId: string,
  device: FidoDevice,
  body: unknown,
): Promise<Device> {
  const { attestation: text, origin } = parse(activation, body)
  const [settings, show] = await Promise.all([readSettings(context), deviceViewer(context, userId)])
  if (isActive(device)) throw alreadyActive(show(device))
  demandOrigin(context, origin, device.rp.id)
  const attestation = parseAttestation(text)
  if (!attestation) throw invalidAttestation('This is not what an authenticator answers.')
  if (originOf(attestation) !== origin) throw invalidOrigin('It was made on another page.')
  const credential = await verifyAttestation(device, attestation, origin)
  if (!credential) throw invalidAttestation('This is no answer to what the device was asked.')
  // It is known whose it is before it opens anything; where that is cut short, the same attestation goes on.
  await claimCredential(context, credential.id, { user: userId, device: device.id })
  return changeUser<Device>(context, userId, (user, now) => {
    const found = deviceOf(user, device.id)
    if (isActive(found) || !isFido(found)) throw alreadyActive(show(found))
    const { creation: _creation, ...rest } = found
    const active: FidoDevice = { ...rest, status: 'ACTIVE', credential, updatedAt: now }
    const mfaEnabled = user.mfaEnabled || settings.pairing.enableMfaOnActivation
    return { next: { ...withChangedDevice(user, active), mfaEnabled }, result: active }
  })
}

function invalidAttestation(message: string) {
  return refusal('REQUEST_FAILED', 'INVALID_ATTESTATION', message, { target: 'attestation' })
}

/** The user's device, if an attestation is what activates it. */
export async function fidoToActivate(
  context: MfaContext,
  userId: string,
  deviceId: string,
): Promise<FidoDevice | undefined> {
  const device = deviceOf(await readUser(context, userId), deviceId)
  return isFido(device) ? device : undefined
}
