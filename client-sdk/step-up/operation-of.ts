/** What the default operation is made of: a request of Express, or of Node with its body parsed. */
export interface DescribedRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** As it came, with the path at which a router is mounted; where the two differ, both count. */
  readonly originalUrl?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: unknown
  /** Of HTTP/2, where nothing has to announce a body. */
  readonly stream?: { readonly endAfterHeaders?: boolean } | undefined
}

/** So much of the path is spelt out, for whoever reads it; the digest is of all of it. */
const LONGEST_PATH = 100

/**
 * One text for one operation: method and path, and the SHA-256 of these, the query and the parsed body. So what was approved
 * is exactly what is done. The order of a JSON object's members makes no difference.
 *
 * Throws a TypeError where the body has not been parsed, or is no JSON, form or text: of what it can't see it can't say that
 * it is the same.
 */
export async function operationOf(request: DescribedRequest): Promise<string> {
  const { method = 'GET', originalUrl, url = '/', body } = request
  const target = originalUrl ?? url
  if (isUnseen(request) || isMultipart(request)) throw new TypeError(UNSEEN)
  const seen = [method, target, ...(url === target ? [] : [url]), body ?? null]
  const whole = new TextEncoder().encode(canonical(seen))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole))
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${method} ${target.split('?', 1)[0]?.slice(0, LONGEST_PATH)} ${hex}`
}

const UNSEEN =
  'A step-up can not tell which operation this is: parse the body before (express.json()), or give the `operation`.'

/** Some frameworks leave `{}` for a body of a type that they did not parse. */
function isUnseen(request: DescribedRequest): boolean {
  const { body, headers } = request
  const isEmpty = body === undefined || (isPlain(body) && Object.keys(body).length === 0)
  const isParsed = body !== undefined && PARSED.test(`${headers['content-type'] ?? ''}`)
  return isEmpty && !isParsed && hasBody(request)
}

const PARSED = /^application\/(?:[\w.+-]+\+)?json\b|^application\/x-www-form-urlencoded\b/i

function hasBody({ headers, stream }: DescribedRequest): boolean {
  const isAnnounced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return isAnnounced || stream?.endAfterHeaders === false
}

/** Its files stand beside the body. */
function isMultipart({ headers }: DescribedRequest): boolean {
  return /^multipart\//i.test(`${headers['content-type'] ?? ''}`)
}

/** JSON with its members in order. What JSON would leave out or blur has no place in what is approved. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (isPlain(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    const texts = members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`)
    return `{${texts.toSorted().join(',')}}`
  }
  const isScalar = value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)
  if (!isScalar) throw new TypeError(UNSEEN)
  return JSON.stringify(value)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
