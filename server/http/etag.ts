/** A version, as HTTP names it. */
export function etag(version: number): string {
  return `"${version}"`
}

/** RFC 9110, 13.1.2: any of a list, compared weakly, or `*`. */
export function matches(ifNoneMatch: string | undefined, tag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((each) => each.trim().replace(/^W\//, ''))
  return tags !== undefined && (tags.includes(tag) || tags.includes('*'))
}
