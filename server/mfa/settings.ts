import { z } from 'zod'
import { type Document, defineKind } from '../store/store.ts'
import type { MfaContext } from './context.ts'
import { ownWords, parse, withoutOwnWords } from './parse.ts'
import { DEVICE_SELECTIONS } from './policies.ts'

const MOST_DEVICES = 15

const settingsBody = z
  .strictObject({
    ...ownWords,
    pairing: z
      .strictObject({
        maxAllowedDevices: z.number().int().min(1).max(MOST_DEVICES).default(5),
        /** Whether a user's first activated device switches MFA on for them. */
        enableMfaOnActivation: z.boolean().default(true),
      })
      .prefault({}),
    authentication: z
      .strictObject({ deviceSelection: z.enum(DEVICE_SELECTIONS).default('DEFAULT_TO_FIRST') })
      .prefault({}),
  })
  .transform(withoutOwnWords)

export type MfaSettings = z.output<typeof settingsBody> & { readonly updatedAt: number }

const SETTINGS = defineKind<MfaSettings & Document>('mfa-settings')
const THIS = 'this'
const ASSENTS: MfaSettings = { ...settingsBody.parse({}), updatedAt: 0 }

export async function readSettings({ challenges: { store } }: MfaContext): Promise<MfaSettings> {
  return (await store.read(SETTINGS, THIS)) ?? ASSENTS
}

/** Replaces them all; what is left out is as Assent has it. */
export function replaceSettings({ challenges }: MfaContext, body: unknown): Promise<MfaSettings> {
  const wanted = parse(settingsBody, body)
  return challenges.changes.change(SETTINGS, THIS, (before, now) => {
    const next = { ...wanted, updatedAt: now, version: (before?.version ?? 0) + 1 }
    return { next, result: next }
  })
}
