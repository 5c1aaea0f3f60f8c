import type { ClaimedCodeView, PairedView, PhoneDescription } from '../../server/protocol/mfa.ts'
import { claimText, PROOF_TYPE, type Proof, signOnText } from '../../server/protocol/statement.ts'
import { AssentError } from '../assent-error.ts'
import { bearer } from '../bearer.ts'
import type { Hub } from '../call-hub.ts'
import { AssentMfaError } from '../mfa/assent-mfa-error.ts'
import { callMfa } from '../mfa/call-mfa.ts'
import { createPendingList } from '../pending-list.ts'
import { retry } from '../retry.ts'
import { keepApproving, type PhoneApprover, type PhoneApproverOptions } from './keep-approving.ts'
import { createPhoneClock } from './phone-clock.ts'
import { browserKeeper, type KeptPhone, type Pairing, type PhoneKeeper } from './phone-keeper.ts'
import { newKeys, newNonce, signJws, signText, thumbprintOf } from './phone-signature.ts'
import { signDecision } from './sign-decision.ts'

/** A token is not used in its last minute. Milliseconds. */
const SPARE_MS = 60_000

export interface PhoneOptions {
  /** Where the hub is: `https://assent.example.com`, also with a path; empty: the page's own origin. */
  readonly url: string
  /** Where the key is kept; default: the browser's IndexedDB. */
  readonly keeper?: PhoneKeeper | undefined
}

/** A phone that can be paired with one user. What goes wrong is an AssentError; where the hub asks for patience it is tried again. */
export interface Phone {
  /** Whom it belongs to; undefined: nobody yet. */
  paired(): Promise<Pairing | undefined>
  /**
   * Claims a pairing key, with a new key pair. Rejects with `NOT_FOUND` when the code is used, expired or none, and with
   * `REQUEST_FAILED` when it is for other applications. Said again after a lost answer, it is the same pairing.
   */
  pair(code: string, description: PhoneDescription): Promise<Pairing>
  /** Forgets key and pairing here; the hub is not told. */
  forget(): Promise<void>
  /** Connects like `connectApprover`, signs what is answered, and renews its token for as long as the hub knows it. */
  connect(options: PhoneApproverOptions): PhoneApprover
  /** Claims an authentication code: its owner wants to sign on where it is shown. */
  claimCode(code: string): Promise<ClaimedCodeView>
  /** Says where it can be pushed to: what `PushManager.subscribe` resolved with, or a native app's platform and token. */
  setPush(target: object): Promise<void>
  /** A token with the scope `challenges:approve`, good for a minute at least. Rejects with `NOT_FOUND` when the hub does not know it any more. */
  token(): Promise<string>
}

/**
 * A person's phone: its key is made here, and never leaves.
 *
 * @example
 * const phone = createPhone({ url: '' })
 * if (!(await phone.paired())) await phone.pair(code, { name: 'My phone', application: { id: 'assent' } })
 * const approver = phone.connect({ onPending: render })
 * await approver.approve(challenge, { number: '42' })
 */
export function createPhone({ url, keeper = browserKeeper() }: PhoneOptions): Phone {
  const anybody = { url, headers: {} }
  const clock = createPhoneClock()
  let known: { readonly token: string; readonly until: number } | undefined

  /** A store that fails may do better in a moment. */
  async function load(): Promise<KeptPhone | undefined> {
    try {
      return await keeper.load()
    } catch (error) {
      throw new AssentError({ code: 'unreachable', detail: 'What this phone keeps can not be read.' }, error)
    }
  }

  async function get(): Promise<KeptPhone & { readonly pairing: Pairing }> {
    const kept = await load()
    if (kept?.pairing) return kept as KeptPhone & { readonly pairing: Pairing }
    throw new AssentError({ code: 'NOT_FOUND', detail: 'This phone is not paired.' })
  }

  async function renew(): Promise<string> {
    const { keys, pairing } = await get()
    const path = `/v1/devices/${encodeURIComponent(pairing.deviceId)}/token`
    const ask = async () => {
      const proof: Proof = { aud: pairing.environment, iat: clock.seconds(), jti: newNonce() }
      const body = { proof: await signJws(keys, PROOF_TYPE, proof) }
      return callMfa<{ token: string; expiresAt: string }>(anybody, path, { method: 'POST', body })
    }
    const { rawResponse, headers } = await retry(() => askAgainByItsClock(ask))
    const life = Date.parse(rawResponse.expiresAt) - Date.parse(headers.date ?? new Date().toUTCString())
    known = { token: rawResponse.token, until: Date.now() + life - SPARE_MS }
    return known.token
  }

  /** When the hub says that the clock is wrong, it says what time it is as well. */
  async function askAgainByItsClock<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask()
    } catch (error) {
      const date = error instanceof AssentMfaError && isSkew(error) ? Date.parse(error.headers.date ?? '') : Number.NaN
      if (Number.isNaN(date)) throw error
      clock.hear(date)
      return ask()
    }
  }

  async function claim(made: string, device: PhoneDescription): Promise<Pairing> {
    const before = await load()
    // A key that was about to be paired may have been, and its answer been lost.
    const { keys, publicKey } = before?.next ?? (before && !before.pairing ? before : await newKeys())
    await keeper.save(before?.pairing ? { ...before, next: { keys, publicKey } } : { keys, publicKey })
    const signature = await signText(keys, claimText(made, await thumbprintOf(publicKey)))
    const body = { code: made, publicKey, signature, device }
    const { rawResponse } = await retry(() =>
      callMfa<PairedView>(anybody, '/v1/pairingKeys/claim', { method: 'POST', body }),
    )
    const { device: paired, user, environment, otp } = rawResponse
    const pairing = { deviceId: paired.id, user: user.id, environment: environment.id, otp }
    await keeper.save({ keys, publicKey, pairing })
    known = undefined
    return pairing
  }

  /** Calls with a token; once more with a fresh one when that has died before its time. */
  async function withToken<Answer>(call: (hub: Hub) => Promise<Answer>): Promise<Answer> {
    try {
      return await call(bearer(url, await phone.token()))
    } catch (error) {
      if (!(error instanceof AssentError && error.code === 'INVALID_TOKEN')) throw error
      known = undefined
      return call(bearer(url, await phone.token()))
    }
  }

  const phone: Phone = {
    paired: async () => (await load())?.pairing,
    pair: (code, device) => oneAtATime(() => claim(asMade(code), device)),
    async forget() {
      known = undefined
      await keeper.clear()
    },
    connect: (options) =>
      keepApproving(
        { ...options, url },
        {
          list: createPendingList(),
          token: () => phone.token(),
          forgetToken() {
            known = undefined
          },
          async sign(decision, approval, details) {
            const { keys, pairing } = await get()
            return signDecision(keys, { device: pairing.deviceId, decision, approval, details, at: clock.seconds() })
          },
          hear: ({ serverDate }) => clock.hear(serverDate),
        },
      ),
    async claimCode(code) {
      const made = asMade(code)
      const { keys, publicKey } = await get()
      const signature = await signText(keys, signOnText(made, await thumbprintOf(publicKey)))
      const call = { method: 'POST', body: { code: made, signature } } as const
      const ask = (hub: Hub) => callMfa<ClaimedCodeView>(hub, '/v1/authenticationCodes/claim', call)
      return (await retry(() => withToken(ask))).rawResponse
    },
    async setPush(target) {
      const { pairing } = await get()
      const path = `/v1/devices/${encodeURIComponent(pairing.deviceId)}/push`
      await retry(() => withToken((hub) => callMfa(hub, path, { method: 'PUT', body: target })))
    },
    token: async () => (known && Date.now() < known.until ? known.token : renew()),
  }
  return phone
}

/** Two that pair one phone at once, in one tab or two, would each throw away what the other has won. */
let turn: Promise<unknown> = Promise.resolve()

function oneAtATime<Result>(act: () => Promise<Result>): Promise<Result> {
  const next = turn.then(() => globalThis.navigator?.locks?.request('assent-phone', act) ?? act())
  turn = next.catch(() => undefined)
  return next
}

function isSkew({ details }: AssentMfaError): boolean {
  return details.some(({ code }) => code === 'CLOCK_SKEW')
}

/** A code as it was made, however it was typed. */
function asMade(typed: string): string {
  return typed.replace(/[\s-]/g, '').toUpperCase()
}
