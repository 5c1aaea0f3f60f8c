import type { PairingKeyStatus, PairingKeyView } from '../../protocol/mfa.ts'
import type { MfaContext } from '../context.ts'
import { toIso } from '../views.ts'
import { isUnclaimed, type PairingKey } from './pairing-key.ts'

/** Shows a user's pairing keys as backends see them. @param reveals the code opens a door: only to who may open it */
export async function pairingKeyViewer(
  context: MfaContext,
  user: string,
  reveals: boolean,
): Promise<(key: PairingKey) => PairingKeyView> {
  const environment = await context.environment.id()
  return (key) => {
    const isOpen = isUnclaimed(key, context.challenges.store.now())
    const status: PairingKeyStatus = key.status === 'UNCLAIMED' && !isOpen ? 'EXPIRED' : key.status
    const self = { href: `/v1/users/${encodeURIComponent(user)}/pairingKeys/${key.id}` }
    return {
      id: key.id,
      ...(isOpen && reveals && { code: key.code }),
      status,
      ...(key.error && { error: key.error }),
      applications: key.applications.map((id) => ({ id })),
      ...toIso({ createdAt: key.createdAt, updatedAt: key.updatedAt, expiresAt: key.expiresAt }),
      environment: { id: environment },
      user: { id: user },
      _links: { self, ...(isOpen && { qr: { href: `${self.href}/qr` } }) },
    }
  }
}
