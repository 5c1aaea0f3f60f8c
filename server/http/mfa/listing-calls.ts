import type { MfaContext } from '../../mfa/context.ts'
import type { Listing, NamedEntry } from '../../mfa/listing.ts'
import { repeatableOf } from '../repeatable.ts'
import { listAnswer } from './list-answer.ts'
import type { MfaCall } from './mfa-endpoint.ts'
import { toResource } from './resource.ts'

/** An administrator's five calls for one of the lists; its last path segment is its name in `_embedded`, too. */
export function listingCalls<E extends NamedEntry>(context: MfaContext, path: string, listing: Listing<E>): MfaCall[] {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const show = async (entry: E) => toResource(`${path}/${entry.id}`, await context.environment.id(), entry)
  return [
    {
      method: 'GET',
      path,
      answer: async ({ query }) => {
        const all = await Promise.all((await listing.all(context)).map(show))
        return listAnswer(path, name, query, all)
      },
    },
    {
      method: 'POST',
      path,
      answer: async (question) => {
        const created = await listing.create(context, question.body, repeatableOf(question, name))
        return { status: 201, body: await show(created), headers: { Location: `${path}/${created.id}` } }
      },
    },
    {
      method: 'GET',
      path: `${path}/:id`,
      answer: async ({ params: { id = '' } }) => ({ status: 200, body: await show(await listing.get(context, id)) }),
    },
    {
      method: 'PUT',
      path: `${path}/:id`,
      answer: async ({ params: { id = '' }, body }) => ({
        status: 200,
        body: await show(await listing.replace(context, id, body)),
      }),
    },
    {
      method: 'DELETE',
      path: `${path}/:id`,
      answer: async ({ params: { id = '' } }) => {
        await listing.remove(context, id)
        return { status: 204 }
      },
    },
  ]
}
