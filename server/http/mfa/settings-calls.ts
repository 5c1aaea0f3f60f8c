import type { MfaContext } from '../../mfa/context.ts'
import { type MfaSettings, readSettings, replaceSettings } from '../../mfa/settings.ts'
import type { Answer } from '../endpoint.ts'
import type { MfaCall } from './mfa-endpoint.ts'
import { toResource } from './resource.ts'

const PATH = '/v1/mfaSettings'

/** What holds for all users. */
export function settingsCalls(context: MfaContext): MfaCall[] {
  const show = async ({ pairing, authentication, updatedAt }: MfaSettings): Promise<Answer> => ({
    status: 200,
    body: toResource(PATH, await context.environment.id(), { pairing, authentication, updatedAt }),
  })
  return [
    { method: 'GET', path: PATH, answer: async () => show(await readSettings(context)) },
    { method: 'PUT', path: PATH, answer: async ({ body }) => show(await replaceSettings(context, body)) },
    // As Assent came with them.
    { method: 'DELETE', path: PATH, answer: async () => show(await replaceSettings(context, {})) },
  ]
}
