import type { MfaContext } from '../../mfa/context.ts'
import { type MfaSettings, readSettings, replaceSettings } from '../../mfa/settings.ts'
import { toIso } from '../../mfa/views.ts'
import type { Answer } from '../endpoint.ts'
import type { MfaCall } from './mfa-endpoint.ts'

const PATH = '/v1/mfaSettings'

/** What holds for all users. */
export function settingsCalls(context: MfaContext): MfaCall[] {
  const show = async ({ pairing, authentication, updatedAt }: MfaSettings): Promise<Answer> => ({
    status: 200,
    body: {
      _links: { self: { href: PATH } },
      environment: { id: await context.environment.id() },
      pairing,
      authentication,
      ...toIso({ updatedAt }),
    },
  })
  return [
    { method: 'GET', path: PATH, answer: async () => show(await readSettings(context)) },
    { method: 'PUT', path: PATH, answer: async ({ body }) => show(await replaceSettings(context, body)) },
    // As Assent came with them.
    { method: 'DELETE', path: PATH, answer: async () => show(await replaceSettings(context, {})) },
  ]
}
