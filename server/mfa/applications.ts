import { z } from 'zod'
import { defineKind } from '../store/store.ts'
import type { Listed } from './catalogue.ts'
import { Listing, type NamedEntry } from './listing.ts'
import { ownWords, text, withoutOwnWords } from './parse.ts'

const MOST_APPLICATIONS = 100

const applicationBody = z
  .strictObject({
    ...ownWords,
    name: text(256),
    /** What the phone's system calls it, such as `com.example.bank`. */
    nativeName: text(256).optional(),
    type: z.literal('NATIVE').default('NATIVE'),
    /** Where pushes to its phones are handed over, signed. */
    pushWebhook: z
      .url({ protocol: /^https?$/, error: 'Must be an http or https URL' })
      .max(2_000)
      .optional(),
    mobile: z.strictObject({ deviceAuthorization: z.strictObject({ enabled: z.boolean() }).optional() }).prefault({}),
  })
  .transform(withoutOwnWords)

/** A native application: what runs on phones, and may be paired. */
export type Application = NamedEntry & z.output<typeof applicationBody>

export const applications = new Listing<Application>({
  kind: defineKind<Listed<Application>>('applications'),
  most: MOST_APPLICATIONS,
  builtIn: [
    // The hub's own phone page.
    { id: 'assent', createdAt: 0, updatedAt: 0, ...applicationBody.parse({ name: 'Assent', nativeName: 'assent' }) },
  ],
  body: applicationBody,
  hasDefault: false,
})
