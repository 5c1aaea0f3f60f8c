const NEWLINE = 0x0a
const SPACE = 0x20

/** Long enough for a version and the newest commit id: what the sweep compares. Bytes. */
export const HEADER_PREFIX_BYTES = 48

/** The line in the clear before each stored document, and before each message: which version, by which commit. */
export interface Header {
  readonly version: number
  readonly commitId: string
}

/** A stored value or a message, taken apart; `body` is empty in news that carries only the version. */
export interface Stored extends Header {
  readonly body: Buffer
}

/** Takes `<version> <newest commit id> …\n<body>` apart; undefined when it is nothing of ours. */
export function parseStored(bytes: Buffer): Stored | undefined {
  const end = bytes.indexOf(NEWLINE)
  if (end < 0) return undefined
  const header = parseHeader(bytes.subarray(0, end))
  return header && { ...header, body: bytes.subarray(end + 1) }
}

/** Reads version and newest commit id from the beginning of a stored value, which may be cut off after them. */
export function parseHeader(bytes: Buffer): Header | undefined {
  const space = bytes.indexOf(SPACE)
  if (space < 0) return undefined
  const version = Number(bytes.toString('latin1', 0, space))
  if (!Number.isSafeInteger(version) || version < 1) return undefined
  let end = space + 1
  while (end < bytes.length && bytes[end] !== SPACE && bytes[end] !== NEWLINE) end++
  return { version, commitId: bytes.toString('latin1', space + 1, end) }
}
