import type { PageKind, Sighting, Told } from '../tracker/recording.ts'

/** What a process that holds pages is asked to do. */
export type Order =
  | {
      readonly order: 'open'
      readonly page: number
      readonly kind: PageKind
      readonly until: 'changed' | 'complete'
      readonly token: string
    }
  | { readonly order: 'close'; readonly page: number }

/** What it tells of its pages, in the order in which it happened. */
export type PageNews = { readonly page: number } & (
  | { readonly news: 'opened'; readonly at: number }
  | ({ readonly news: 'told' } & Told)
  | ({ readonly news: 'resolved' } & Sighting)
  | { readonly news: 'failed'; readonly at: number; readonly why: string }
  | { readonly news: 'closed'; readonly at: number }
)
