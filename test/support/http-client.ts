export interface CalledHub {
  readonly url: string
  /** Sent with every call, as a page of this origin would. */
  readonly origin?: string | undefined
}

export interface CallOptions {
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string | undefined
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is, instead of `body`; its `Content-Type` is the caller's affair. */
  readonly raw?: string | Uint8Array<ArrayBuffer> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Reply<Body> {
  readonly status: number
  readonly headers: Headers
  /** As it came. */
  readonly text: string
  /** Parsed, where the answer says it is JSON; otherwise undefined. The type is the caller's word. */
  readonly body: Body
}

/** Calls a hub over HTTP and reads the whole answer, whatever its status. */
export async function call<Body = unknown>(
  hub: CalledHub,
  method: string,
  path: string,
  { token, body, raw, headers, signal }: CallOptions = {},
): Promise<Reply<Body>> {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await fetch(hub.url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(hub.origin !== undefined && { Origin: hub.origin }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(raw === undefined && body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(sent !== undefined && { body: sent }),
    ...(signal && { signal }),
  })
  const text = await response.text()
  const isJson = /^application\/(?:problem\+)?json\b/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson && text !== '' ? JSON.parse(text) : undefined) as Body,
  }
}
