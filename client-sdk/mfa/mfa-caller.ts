import type { Hub, HubCall } from '../call-hub.ts'
import type { CallOptions, CreateOptions } from '../create-backend.ts'
import { retry } from '../retry.ts'
import { AssentMfaError } from './assent-mfa-error.ts'
import { callMfa, type MfaAnswer, type Nothing } from './call-mfa.ts'

/** The ways in which MFA calls are made: how often each may be tried, and what an earlier try has done already. */
export interface MfaCaller {
  read<Body>(path: string, query: HubCall['query'], options?: CallOptions): Promise<MfaAnswer<Body>>
  create<Body>(path: string, body: object, options?: CreateOptions): Promise<MfaAnswer<Body>>
  /** Tried once: it costs an attempt. */
  createOnce<Body>(path: string, body: object, options?: CreateOptions): Promise<MfaAnswer<Body>>
  replace<Body>(path: string, body: object, options?: CallOptions): Promise<MfaAnswer<Body>>
  remove(path: string, options?: CallOptions): Promise<MfaAnswer<Nothing>>
  /** Tried once: it costs an attempt, or sends something. */
  actOnce<Body>(path: string, action: string, body: object, options?: CallOptions): Promise<MfaAnswer<Body>>
  /** @param isDone whether the resource, which refuses the action by now, is as it was to be: an earlier try has done it */
  act<Body>(
    path: string,
    action: string,
    body: unknown,
    isDone: (current: Body) => boolean,
    options?: CallOptions,
  ): Promise<MfaAnswer<Body>>
}

export function mfaCaller(hub: Hub): MfaCaller {
  const repeat = <Body>(path: string, call: HubCall, signal: AbortSignal | undefined) =>
    retry(() => callMfa<Body>(hub, path, { ...call, signal }), signal)
  return {
    read: (path, query = {}, { signal } = {}) => repeat(path, { query }, signal),
    create: (path, body, options = {}) => repeat(path, creation(body, options), options.signal),
    createOnce: (path, body, options = {}) =>
      callMfa(hub, path, { ...creation(body, options), signal: options.signal }),
    replace: (path, body, { signal } = {}) => repeat(path, { method: 'PUT', body }, signal),
    remove: (path, { signal } = {}) =>
      retry(async (attempt) => {
        try {
          return await callMfa(hub, path, { method: 'DELETE', signal })
        } catch (error) {
          if (attempt === 1 || !(error instanceof AssentMfaError) || error.code !== 'NOT_FOUND') throw error
          return { rawResponse: {}, headers: error.headers, statusCode: 204 }
        }
      }, signal),
    actOnce: (path, action, body, { signal } = {}) => callMfa(hub, path, { ...named(action), body, signal }),
    act: <Body>(
      path: string,
      action: string,
      body: unknown,
      isDone: (current: Body) => boolean,
      { signal }: CallOptions = {},
    ) =>
      retry(async (attempt): Promise<MfaAnswer<Body>> => {
        try {
          return await callMfa<Body>(hub, path, { ...named(action), body, signal })
        } catch (error) {
          if (attempt === 1 || !(error instanceof AssentMfaError) || error.code !== 'CONFLICT') throw error
          const rawResponse = error.current as Body
          if (!isDone(rawResponse)) throw error
          return { rawResponse, headers: error.headers, statusCode: 200 }
        }
      }, signal),
  }
}

function creation(body: object, { idempotencyKey = crypto.randomUUID() }: CreateOptions): HubCall {
  return { method: 'POST', body, headers: { 'idempotency-key': idempotencyKey } }
}

/** The content type names the action, as clients of seed 001's platform have it. */
function named(action: string): Pick<HubCall, 'method' | 'headers'> {
  return { method: 'POST', headers: { 'content-type': `application/vnd.assent.${action}+json` } }
}
