import { DeliveryFailed } from './delivery.ts'

/** Milliseconds. */
const PATIENCE_MS = 10_000

/** Posts a message to whoever carries it on; rejects with `DeliveryFailed` unless that is answered with a 2xx. */
export async function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<void> {
  let response: Response
  try {
    // A redirect would hand the message, and what proves whose it is, to somebody else.
    response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    await response.body?.cancel()
  } catch (error) {
    // Nothing else of what went wrong is kept: it may name the address, and what is in it.
    throw new DeliveryFailed(`The provider could not be reached: ${nameOf(error)}.`)
  }
  if (!response.ok) throw new DeliveryFailed(`The provider answered ${response.status}.`, response.status)
}

function nameOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : (name ?? 'unknown')
}
