import type { DeviceView } from '../../server/protocol/mfa.ts'
import type { Way } from './bank-api.ts'

export function toWay({ id, type, nickname, displayName, email, phone }: DeviceView): Way {
  const name = nickname ?? displayName ?? email ?? phone
  return { id, type, ...(name !== undefined && { name }) }
}
