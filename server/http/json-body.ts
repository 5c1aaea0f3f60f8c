import type { IncomingMessage } from 'node:http'
import { HubError } from '../errors.ts'

/** The largest body taken. Bytes. */
export const LARGEST_BODY = 65_536

const JSON_TYPE = /^application\/(?:json|[\w.!#$&^+-]+\+json)\s*(?:;|$)/i
const OTHER_CHARSET = /;\s*charset\s*=\s*"?(?!utf-?8)/i

/**
 * A request's JSON; an empty body counts as `{}`. Read by hand, because a general body parser costs as much as all the
 * rest of an update (measured by `npm run bench`).
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const { headers } = request
  const announced = Number(headers['content-length'] ?? 0)
  if (announced === 0 && headers['transfer-encoding'] === undefined) return {}
  demandJson(headers)
  if (announced > LARGEST_BODY) throw tooLarge()
  const text = (await readAll(request)).toString('utf8')
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new HubError('invalid_request', 'The body is not valid JSON.')
  }
}

function demandJson(headers: IncomingMessage['headers']): void {
  const type = headers['content-type'] ?? ''
  if (!JSON_TYPE.test(type)) throw new HubError('unsupported_media_type', 'The Content-Type must be application/json.')
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity' || OTHER_CHARSET.test(type)) {
    throw new HubError('unsupported_media_type', 'The body must be uncompressed JSON in UTF-8.')
  }
}

function readAll(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > LARGEST_BODY) {
        request.removeAllListeners('data')
        reject(tooLarge())
      } else chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.on('error', () => reject(new HubError('invalid_request', 'The body is not as long as announced.')))
  })
}

function tooLarge(): HubError {
  return new HubError('payload_too_large', `The body may have at most ${LARGEST_BODY} bytes.`)
}
