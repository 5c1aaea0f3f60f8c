import { randomUUID } from 'node:crypto'
import { type Document, defineKind, type News } from '../../server/store/store.ts'

/** The smallest document worth keeping. */
export interface Note extends Document {
  readonly text: string
}

export const notes = defineKind<Note>('note')

export function note(version: number, text = `text of version ${version}`, purgeAt?: number): Note {
  return purgeAt === undefined ? { version, text } : { version, text, purgeAt }
}

/** An id nobody has used. */
export const someId = (): string => randomUUID()

/** What was heard, in short: versions, and `gone`. */
export const versions = (heard: readonly News<Note>[]): (number | 'gone')[] =>
  heard.map((news) => (news === 'gone' ? news : news.version))

/** For `Recorder.until`. */
export const isVersion =
  (version: number) =>
  (news: News<Note>): boolean =>
    news !== 'gone' && news.version === version

export const isGone = (news: News<Note>): boolean => news === 'gone'
