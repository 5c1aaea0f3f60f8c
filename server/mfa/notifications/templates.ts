// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is sent has variables of this kind

import { z } from 'zod'
import type { DeliveryMethod } from '../../delivery/delivery.ts'
import { defineKind } from '../../store/store.ts'
import { Catalogue, type Entry, type Listed } from '../catalogue.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue, notFound } from '../mfa-error.ts'
import { ownWords, parse, text, withoutOwnWords } from '../parse.ts'
import { builtInWording, TEMPLATE_NAMES, type TemplateName, type Wording } from './built-in-templates.ts'

const MOST_CONTENTS = 200
const FALLBACK = 'en'

/** What an operator has made a message say. */
export interface Content extends Entry, Wording {
  readonly template: TemplateName
  /** An ISO language code, as `en` or `pt-BR`. */
  readonly locale: string
  readonly deliveryMethod: DeliveryMethod
  /** A custom notification's name; '': the default one. */
  readonly variant: string
}

const contents = new Catalogue<Content>({
  kind: defineKind<Listed<Content>>('template-contents'),
  most: MOST_CONTENTS,
  builtIn: [],
})

/** Which content is meant. */
export const contentName = z.strictObject({
  template: z.enum(TEMPLATE_NAMES),
  locale: z
    .string()
    .max(35)
    .regex(/^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$/, 'Must be an ISO language code, as en or pt-BR'),
  deliveryMethod: z
    .string()
    .transform((method) => method.toUpperCase())
    .pipe(z.enum(['EMAIL', 'SMS', 'VOICE'])),
  variant: z.string().max(100).default(''),
})

export type ContentName = z.output<typeof contentName>

const wordingBody = z
  .strictObject({
    ...ownWords,
    subject: text(200).optional(),
    // Without it nobody would ever be sent a code.
    body: z.string().min(1).max(4_000).includes('${otp}', { error: 'Must contain ${otp}' }),
  })
  .transform(withoutOwnWords)

/** All that were made for one template. */
export async function contentsOf(context: MfaContext, template: TemplateName): Promise<readonly Content[]> {
  return (await contents.all(context)).filter((content) => content.template === template)
}

/** What a message says: an operator's words, or Assent's. */
export async function getContent(context: MfaContext, name: ContentName): Promise<Content> {
  const found = pick(await contents.all(context), name)
  if (found) return found
  const { template, locale, deliveryMethod, variant } = name
  const ours = variant === '' ? builtInWording(template, locale.toLowerCase(), deliveryMethod) : undefined
  if (!ours) throw notFound()
  return { ...name, ...ours, id: idOf(name), createdAt: 0, updatedAt: 0 }
}

function idOf({ template, locale, deliveryMethod, variant }: ContentName): string {
  return [template, locale, deliveryMethod, variant].join('/')
}

/** Makes a message say this from now on. */
export function putContent(context: MfaContext, name: ContentName, body: unknown): Promise<Content> {
  const wording = parse(wordingBody, body)
  if (wording.subject !== undefined && name.deliveryMethod !== 'EMAIL')
    throw invalidValue('subject', 'Only e-mails have one.')
  return contents.change(context, (all, now) => {
    const before = pick(all, name)
    const made: Content = { ...name, ...wording, id: idOf(name), createdAt: before?.createdAt ?? now, updatedAt: now }
    return { entries: [...all.filter((each) => each !== before), made], result: made }
  })
}

export function removeContent(context: MfaContext, name: ContentName): Promise<void> {
  return contents.change(context, (all) => {
    const found = pick(all, name)
    if (!found) throw notFound()
    return { entries: all.filter((each) => each !== found), result: undefined }
  })
}

function pick(all: readonly Content[], name: ContentName): Content | undefined {
  return all.find(
    (each) =>
      (['template', 'deliveryMethod', 'variant'] as const).every((part) => each[part] === name[part]) &&
      each.locale.toLowerCase() === name.locale.toLowerCase(),
  )
}

/** What to say, and in which language. */
export interface FoundWording extends Wording {
  readonly locale: string
}

/**
 * What a message says: in the language asked for, else in its less particular form (`pt` for `pt-BR`), else in English;
 * in an operator's words, else in Assent's. Throws when there is no such variant.
 */
export async function findWording(
  context: MfaContext,
  { template, locale, deliveryMethod, variant }: ContentName,
): Promise<FoundWording> {
  const all = await contentsOf(context, template)
  if (variant !== '' && all.every((each) => each.variant !== variant)) {
    throw invalidValue('notification.template.variant', 'There is no such notification.')
  }
  const locales = [locale, locale.split('-', 1)[0] ?? FALLBACK, FALLBACK]
  for (const wanted of variant === '' ? [''] : [variant, '']) {
    for (const each of locales) {
      const found =
        pick(all, { template, locale: each, deliveryMethod, variant: wanted }) ??
        (wanted === '' ? builtInWording(template, each.toLowerCase(), deliveryMethod) : undefined)
      if (found) return { locale: each, subject: found.subject, body: found.body }
    }
  }
  throw new Error(`there is no wording of ${template} in ${FALLBACK}`)
}
