import type { MfaContext } from '../../mfa/context.ts'
import {
  type Content,
  type ContentName,
  contentName,
  contentsOf,
  getContent,
  putContent,
  removeContent,
} from '../../mfa/notifications/templates.ts'
import { parse } from '../../mfa/parse.ts'
import type { Question } from '../endpoint.ts'
import { listAnswer } from './list-answer.ts'
import type { MfaCall } from './mfa-endpoint.ts'
import { toResource } from './resource.ts'

const CONTENTS = '/v1/templates/:template/contents'
const CONTENT = `${CONTENTS}/:locale/:deliveryMethod`

/** What messages say, where it is not what Assent says. */
export function templateCalls(context: MfaContext): MfaCall[] {
  const show = async (content: Content) => toResource(hrefOf(content), await context.environment.id(), content)
  const ofOne = (path: string): MfaCall[] => [
    {
      method: 'GET',
      path,
      answer: async (question) => ({ status: 200, body: await show(await getContent(context, nameOf(question))) }),
    },
    {
      method: 'PUT',
      path,
      answer: async (question) => ({
        status: 200,
        body: await show(await putContent(context, nameOf(question), question.body)),
      }),
    },
    {
      method: 'DELETE',
      path,
      answer: async (question) => {
        await removeContent(context, nameOf(question))
        return { status: 204 }
      },
    },
  ]
  return [
    {
      method: 'GET',
      path: CONTENTS,
      answer: async ({ params, query }) => {
        const template = parse(contentName.shape.template, params.template, 'template')
        const all = await Promise.all((await contentsOf(context, template)).map(show))
        return listAnswer(`/v1/templates/${template}/contents`, 'contents', query, all)
      },
    },
    ...ofOne(CONTENT),
    ...ofOne(`${CONTENT}/:variant`),
  ]
}

function nameOf({ params: { template, locale, deliveryMethod, variant } }: Question): ContentName {
  return parse(contentName, { template, locale, deliveryMethod, ...(variant !== undefined && { variant }) })
}

function hrefOf({ template, locale, deliveryMethod, variant }: Content): string {
  const parts = [locale, deliveryMethod, ...(variant === '' ? [] : [variant])].map(encodeURIComponent)
  return `/v1/templates/${template}/contents/${parts.join('/')}`
}
