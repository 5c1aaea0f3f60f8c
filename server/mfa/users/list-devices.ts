import { z } from 'zod'
import { DEVICE_TYPES, type DeviceListView, type DeviceType } from '../../protocol/mfa.ts'
import { applications } from '../applications.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue } from '../mfa-error.ts'
import { parse } from '../parse.ts'
import { type DevicePolicy, devicePolicies } from '../policies.ts'
import { readSettings } from '../settings.ts'
import { isUndeliverable, policyFor } from './codes.ts'
import { type Device, isActive } from './device.ts'
import { deviceViewer } from './device-view.ts'
import { readUser, type User } from './user.ts'

const status = z.enum(['ALL', 'ACTIVE', 'ACTIVATION_REQUIRED'])

const types = z
  .string()
  .max(2_000)
  .transform((given) => given.split(',').map((type) => type.trim().toUpperCase()))
  .pipe(z.array(z.enum(DEVICE_TYPES)))
  .refine((given) => new Set(given).size === given.length, 'Must be unique')

const question = z.object({
  status: status.default('ALL'),
  type: types.optional(),
  /** As seed 001's platform has it: `status eq "ACTIVE" and type eq "SMS"`. */
  filter: z.string().max(2_000).optional(),
})

/** A user's devices, and what belongs to them: what may be added, in which order they are, and what settings say. @param reveals as for `deviceViewer` */
export async function listDevices(
  context: MfaContext,
  userId: string,
  query: unknown,
  reveals: boolean,
): Promise<DeviceListView> {
  const { filter, ...given } = parse(question, query)
  const wanted = filter === undefined ? given : parse(question.omit({ filter: true }), parseFilter(filter))
  const [user, settings, policy, apps, environment, show] = await Promise.all([
    readUser(context, userId),
    readSettings(context),
    devicePolicies.get(context, 'default'),
    applications.all(context),
    context.environment.id(),
    deviceViewer(context, userId, reveals),
  ])
  const isWanted = (device: Device) =>
    (wanted.status === 'ALL' || device.status === wanted.status) && (wanted.type?.includes(device.type) ?? true)
  const shown = user.devices.filter(isWanted).map((device) => show(device))
  const { maxAllowedDevices } = settings.pairing
  return {
    _links: { self: { href: `/v1/users/${encodeURIComponent(userId)}/devices` } },
    _embedded: {
      devices: shown,
      allowedtypes: user.devices.length < maxAllowedDevices ? allowedTypes(context, policy) : [],
      applications: apps.map(({ id, name }) => ({ id, name })),
      mfaSettings: { environment: { id: environment }, pairing: { maxAllowedDevices } },
      mfaPolicy: {
        authentication: {
          deviceSelection: policy.authentication.deviceSelection ?? settings.authentication.deviceSelection,
        },
      },
      order: orderOf(user),
    },
    size: shown.length,
  }
}

/** What a user may be given. */
function allowedTypes(context: MfaContext, policy: DevicePolicy): DeviceType[] {
  return DEVICE_TYPES.filter((type) => policyFor(policy, type).enabled && !isUndeliverable(context, type))
}

function orderOf({ devices, isOrdered }: User): { id: string }[] {
  return isOrdered ? devices.filter(isActive).map(({ id }) => ({ id })) : []
}

const CONDITION = /^(status|type) eq "([^"]*)"$/

function parseFilter(filter: string): Record<string, string> {
  const conditions = filter.split(/ and /i).map((each) => CONDITION.exec(each.trim()))
  const named = conditions.map((condition) => condition?.[1])
  if (named.includes(undefined) || new Set(named).size < named.length) {
    throw invalidValue('filter', 'Must be status eq "…", type eq "…", or both with "and" between.')
  }
  return Object.fromEntries(conditions.map((condition) => [condition?.[1], condition?.[2]]))
}
