/** What the bank's page asks of the bank's own backend. It never speaks to the hub but to wait. */

export interface Session {
  readonly user: string
  /** Epoch milliseconds. */
  readonly approvedDate: number
}

export type SignOn = { readonly waitToken: string } | { readonly outcome: string }

/** Tries of a call that nobody answered: the bank may be moving to another instance at this very moment. */
const TRIES = 6
const PAUSE_MS = 1000

/** Asks the user's phone; answers with the page's token, or with why the phone may not be asked now. */
export async function openSignOn(user: string, timeout: string | null): Promise<SignOn> {
  const response = await ask('POST', 'sign-ons', { user, ...(timeout && { timeout }) })
  if (response.status === 429) return response.json()
  if (response.status !== 201) throw new Error(`the bank refused: ${response.status}`)
  return response.json()
}

export async function cancelSignOn(): Promise<void> {
  await ask('DELETE', 'sign-ons')
}

/** Asks the bank to let us in. It reads the outcome from the hub itself, and answers with that when it is not a yes. */
export async function redeem(): Promise<Session | { readonly outcome: string }> {
  for (let tries = 1; ; tries++) {
    try {
      const response = await ask('POST', 'sessions')
      if (response.status !== 503 || tries === TRIES) return await response.json()
    } catch (error) {
      if (tries === TRIES) throw error
    }
    await pause(PAUSE_MS)
  }
}

export async function findSession(): Promise<Session | undefined> {
  const response = await ask('GET', 'sessions')
  return response.status === 200 ? await response.json() : undefined
}

export async function signOut(): Promise<void> {
  await ask('DELETE', 'sessions')
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function ask(method: string, what: string, body?: object): Promise<Response> {
  const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return fetch(`bank/${what}`, { method, ...json })
}
