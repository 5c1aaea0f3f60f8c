import { request as httpRequest } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { finished } from 'node:stream/promises'
import { DeliveryFailed } from '../delivery.ts'
import { isPublicAddress } from './public-address.ts'
import { AddressNotPublic, publicLookup } from './public-lookup.ts'

/** Milliseconds, for all of it: name, connection, question and answer. */
const PATIENCE_MS = 10_000
/** A connection nothing has gone over for so long may be closing at the other end. Milliseconds. */
const IDLE_MS = 5_000

export interface PushPostOptions {
  /** Whether phones may name public addresses only, by https only: what they name is otherwise as good as a door inside. */
  readonly isPublicOnly: boolean
  /** Default: 10 s. */
  readonly patienceMs?: number
}

/** Posts to a URL that a phone named; resolves with the status it was answered with, and rejects with `DeliveryFailed`. */
export type PushPost = (url: URL, headers: Readonly<Record<string, string>>, body: Buffer) => Promise<number>

export function pushPost({ isPublicOnly, patienceMs = PATIENCE_MS }: PushPostOptions): PushPost {
  // Of its own: with a shared agent, a connection opened without the check could be used again here.
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS, ...(isPublicOnly && { lookup: publicLookup() }) })
  return async (url, headers, body) => {
    try {
      if (isPublicOnly) demandPublic(url)
      return await exchange(url, headers, body)
    } catch (error) {
      throw new DeliveryFailed(`The push service could not be reached: ${nameOf(error)}.`)
    }
  }

  function exchange(url: URL, headers: Readonly<Record<string, string>>, body: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, signal: AbortSignal.timeout(patienceMs) }
      const request = url.protocol === 'https:' ? httpsRequest(url, { ...options, agent }) : httpRequest(url, options)
      request.on('error', reject)
      // What it says beside the status is of no use, and may be of any length. A redirect is an answer like any other.
      request.on('response', (response) => {
        finished(response.resume()).then(() => resolve(response.statusCode ?? 0), reject)
      })
      request.end(body)
    })
  }
}

/** An address that stands in the URL itself is looked up by nobody. */
function demandPublic({ protocol, hostname }: URL): void {
  const address = hostname.replace(/^\[|\]$/g, '')
  if (protocol !== 'https:' || (isIP(address) !== 0 && !isPublicAddress(address))) {
    throw new AddressNotPublic('It is not public.')
  }
}

/** Only the name: what went wrong in words may hold the endpoint, which is as good as a key to the phone. */
function nameOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string }
  return typeof code === 'string' ? code : (name ?? 'unknown')
}
