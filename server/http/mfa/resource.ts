import { toIso } from '../../mfa/views.ts'

interface Dated {
  readonly createdAt?: number
  readonly updatedAt: number
}

/** What an administrator keeps, as every one is shown: where it is, of which environment, and since when. */
export function toResource<Fields extends Dated>(href: string, environment: string, resource: Fields) {
  const { createdAt, updatedAt, ...fields } = resource
  return {
    _links: { self: { href } },
    environment: { id: environment },
    ...fields,
    ...toIso({ createdAt, updatedAt }),
  }
}
