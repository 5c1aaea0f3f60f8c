import express, { type Request, type Response } from 'express'
import { HubError } from '../errors.ts'

/** The largest body taken. Bytes. */
export const LARGEST_BODY = 65_536

const JSON_TYPES = ['application/json', 'application/*+json']

// Primitives are let through the parser, so that the endpoint's own schema says what is wrong with them.
const parser = express.json({ limit: LARGEST_BODY, type: JSON_TYPES, strict: false, inflate: false })

/** A request's JSON; an empty body counts as `{}`. Only read when its sender may call at all. */
export async function readJsonBody(request: Request, response: Response): Promise<unknown> {
  if (!hasBody(request)) return {}
  if (!request.is(JSON_TYPES)) {
    throw new HubError('unsupported_media_type', 'The Content-Type must be application/json.')
  }
  await new Promise<void>((resolve, reject) => {
    parser(request, response, (error?: unknown) => (error ? reject(toBodyError(error)) : resolve()))
  })
  return request.body
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function toBodyError(error: unknown): unknown {
  switch ((error as { type?: string }).type) {
    case 'entity.too.large':
      return new HubError('payload_too_large', `The body may have at most ${LARGEST_BODY} bytes.`)
    case 'entity.parse.failed':
      return new HubError('invalid_request', 'The body is not valid JSON.')
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new HubError('unsupported_media_type', 'The body must be uncompressed JSON in UTF-8.')
    case 'request.aborted':
    case 'request.size.invalid':
      return new HubError('invalid_request', 'The body is not as long as announced.')
    default:
      return error
  }
}
