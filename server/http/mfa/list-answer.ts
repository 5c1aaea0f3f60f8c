import { z } from 'zod'
import { invalidValue } from '../../mfa/mfa-error.ts'
import { parse, wholeNumber } from '../../mfa/parse.ts'
import type { Answer } from '../endpoint.ts'

const MOST_LISTED = 100

const page = z.object({
  limit: wholeNumber(1, MOST_LISTED).default(MOST_LISTED),
  /** Whatever was told under `next`. */
  cursor: z.string().max(500).optional(),
})

/**
 * A list, a page at a time: `size` of `count`, and where the next page is.
 * @param name what they are called in `_embedded`
 * @param most so many on a page, whatever was asked for
 */
export function listAnswer<One extends { readonly id: string }>(
  path: string,
  name: string,
  query: unknown,
  all: readonly One[],
  most?: number,
): Answer {
  const { limit: wanted, cursor } = parse(page, query)
  const limit = most ?? wanted
  const from = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1
  if (cursor !== undefined && from === 0) throw invalidValue('cursor', 'It is gone. Begin anew.')
  const shown = all.slice(from, from + limit)
  const last = shown.at(-1)
  const hasMore = last !== undefined && from + limit < all.length
  const next = `${path}?limit=${limit}&cursor=${encodeURIComponent(last?.id ?? '')}`
  return {
    status: 200,
    body: {
      _links: { self: { href: path }, ...(hasMore && { next: { href: next } }) },
      _embedded: { [name]: shown },
      size: shown.length,
      count: all.length,
    },
  }
}
