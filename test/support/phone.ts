import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { ApprovalView, ChallengeView, Decision } from '../../server/protocol/challenge.ts'
import type { ClaimedCodeView, PairedView, PhoneDescription } from '../../server/protocol/mfa.ts'
import {
  claimText,
  type MobilePayload,
  PAYLOAD_TYPE,
  PROOF_TYPE,
  type Proof,
  type PublicKey,
  STATEMENT_TYPE,
  type Statement,
  shownText,
  signOnText,
  thumbprintText,
} from '../../server/protocol/statement.ts'
import { type CalledHub, call, type Reply } from './http-client.ts'

const DESCRIPTION: PhoneDescription = {
  name: "Ada's phone",
  os: { type: 'Android', version: '16' },
  model: { name: 'GX7', marketingName: 'Example 7' },
  application: { id: 'assent', nativeName: 'assent', version: '1.0' },
}

export interface SaidDecision {
  readonly number?: string
  readonly reason?: string
  /** What is signed otherwise than it should be. */
  readonly signed?: Partial<Statement>
}

/** A phone as its maker's app would be: a key of its own, and what the hub told it. */
export class Phone {
  readonly publicKey: PublicKey
  readonly #privateKey: KeyObject
  paired: PairedView | undefined

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    this.publicKey = { kty: 'EC', crv: 'P-256', x, y }
    this.#privateKey = privateKey
  }

  get id(): string {
    return this.paired?.device.id ?? ''
  }

  get token(): string {
    return this.paired?.token ?? ''
  }

  /** Claims a pairing key; a phone that was let in remembers what it was told. */
  async claim(hub: CalledHub, code: string, changes: object = {}): Promise<Reply<PairedView>> {
    const signature = this.claimSignature(code)
    const body = { code, publicKey: this.publicKey, signature, device: DESCRIPTION, ...changes }
    const reply = await call<PairedView>(hub, 'POST', '/v1/pairingKeys/claim', { body })
    if (reply.status === 201) this.paired = reply.body
    return reply
  }

  claimSignature(code: string): string {
    return this.#sign(claimText(code, this.thumbprint)).toString('base64url')
  }

  /** Claims an authentication code: its owner wants to sign on. */
  claimCode(hub: CalledHub, code: string, signature = this.signOnSignature(code)): Promise<Reply<ClaimedCodeView>> {
    return call(hub, 'POST', '/v1/authenticationCodes/claim', { token: this.token, body: { code, signature } })
  }

  signOnSignature(code: string): string {
    return this.#sign(signOnText(code, this.thumbprint)).toString('base64url')
  }

  get thumbprint(): string {
    return createHash('sha256').update(thumbprintText(this.publicKey)).digest('base64url')
  }

  /** A JWS in compact form, by this phone's key. */
  jws(type: string, payload: object, header: object = {}): string {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const signed = `${encode({ alg: 'ES256', typ: type, ...header })}.${encode(payload)}`
    return `${signed}.${this.#sign(signed).toString('base64url')}`
  }

  proof(changes: Partial<Proof> = {}): string {
    return this.jws(PROOF_TYPE, { ...this.proofWords(), ...changes })
  }

  proofWords(): Proof {
    return { aud: this.paired?.environment.id ?? '', iat: Math.floor(Date.now() / 1_000), jti: nonce() }
  }

  /** What its app says to name its owner. */
  payload(changes: Partial<MobilePayload> = {}, type = PAYLOAD_TYPE): string {
    const iat = Math.floor(Date.now() / 1_000)
    const named = { iss: this.id, aud: this.paired?.environment.id ?? '', application: 'assent' }
    return this.jws(type, { ...named, iat, exp: iat + 100, jti: nonce(), ...changes })
  }

  renew(hub: CalledHub, proof = this.proof()): Promise<Reply<{ token: string; expiresAt: string }>> {
    return call(hub, 'POST', `/v1/devices/${this.id}/token`, { body: { proof } })
  }

  async approvals(hub: CalledHub): Promise<readonly ApprovalView[]> {
    const { status, text, body } = await call<readonly ApprovalView[]>(hub, 'GET', '/v1/approvals', {
      token: this.token,
    })
    if (status !== 200) throw new Error(text)
    return body
  }

  /** Signs an answer to what was shown. */
  statement(decision: Decision, shown: ApprovalView, { number, reason, signed }: SaidDecision = {}): string {
    const statement: Statement = {
      iss: this.id,
      challenge: shown.challenge,
      version: shown.version,
      decision,
      ...(number !== undefined && { number }),
      ...(reason !== undefined && { reason }),
      display: createHash('sha256').update(shownText(shown)).digest('base64url'),
      nonce: nonce(),
      iat: Math.floor(Date.now() / 1_000),
      ...signed,
    }
    return this.jws(STATEMENT_TYPE, statement)
  }

  /** Approves or denies what it was shown. */
  decide(
    hub: CalledHub,
    decision: Decision,
    shown: ApprovalView,
    said: SaidDecision = {},
    signature: string | undefined = this.statement(decision, shown, said),
  ): Promise<Reply<ChallengeView>> {
    const { number, reason } = said
    const body = { decision, ...(number && { number }), ...(reason && { reason }), ...(signature && { signature }) }
    return call(hub, 'POST', `/v1/approvals/${shown.challenge}`, { token: this.token, body })
  }

  #sign(text: string): Buffer {
    return sign('sha256', Buffer.from(text), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' })
  }
}

function nonce(): string {
  return randomBytes(16).toString('base64url')
}
