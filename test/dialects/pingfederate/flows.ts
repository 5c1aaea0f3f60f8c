import { expect } from 'vitest'
import type { AuthenticationStep } from '../../../server/protocol/mfa.ts'
import { dial, type Status } from '../../gateway/sockets.ts'
import { addDevice, mfa, newEmail, newUser, type World } from '../../mfa/world.ts'
import { type CalledHub, call, type Reply } from '../../support/http-client.ts'
import type { RunningHub } from '../../support/hub.ts'
import type { Phone } from '../../support/phone.ts'
import { Recorder } from '../../support/recorder.ts'

export const FLOWS = '/pf-ws/authn/flows'

/** What a page sends with every call. */
export const OURS = { 'X-XSRF-Header': 'PingFederate' }

export interface State {
  readonly id: string
  readonly status: string
  readonly user?: { readonly id: string; readonly username?: string }
  readonly devices?: readonly Device[]
  readonly selectedDeviceRef?: { readonly id: string }
  readonly number?: string
  readonly code?: string
  readonly message?: string
  readonly userMessage?: string
  readonly resumeUrl?: string
  readonly publicKeyCredentialRequestOptions?: object
  readonly authenticationCode?: { readonly code: string; readonly uri: string; readonly expiresAt: string }
  readonly _links: Readonly<Record<string, { readonly href: string }>>
}

interface Device {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly target?: string
}

export interface Opened extends State {
  readonly flowId: string
  readonly challenge: string
  readonly waitToken: string
}

export interface Refused {
  readonly code: string
  readonly message: string
  readonly userMessage: string
  readonly details: readonly {
    readonly code: string
    readonly message: string
    readonly userMessage: string
    readonly target?: string
    readonly attemptsRemaining?: number
  }[]
}

/** As a backend asks for it. */
export function opening(hub: RunningHub, body: unknown, headers: Record<string, string> = {}, scope = 'mfa:write') {
  const token = hub.token({ scope: `${scope} challenges:write`, sub: 'test-backend' })
  return call<Opened>(hub, 'POST', FLOWS, { token, body, headers })
}

export async function opened(hub: RunningHub, body: object): Promise<Opened> {
  const reply = await opening(hub, body)
  expect(reply.text).toContain('"flowId"')
  expect(reply.status).toBe(201)
  return reply.body
}

export function look(hub: CalledHub, { flowId }: Pick<Opened, 'flowId'>): Promise<Reply<State>> {
  return call(hub, 'GET', `${FLOWS}/${flowId}`, { headers: OURS })
}

/** An action, named by the content type. */
export function act<Body = State>(
  hub: CalledHub,
  { flowId }: Pick<Opened, 'flowId'>,
  action: string,
  body: unknown = {},
  signal?: AbortSignal,
): Promise<Reply<Body>> {
  const headers = { ...OURS, 'Content-Type': `application/vnd.pingidentity.${action}+json` }
  return call(hub, 'POST', `${FLOWS}/${flowId}`, { raw: JSON.stringify(body), headers, ...(signal && { signal }) })
}

/** An action that is allowed: what has become of the flow, which a `GET` shows as well. */
export async function done(hub: CalledHub, flow: Opened, action: string, body: unknown = {}): Promise<State> {
  const reply = await act(hub, flow, action, body)
  expect(reply.text).toContain('"status"')
  expect(reply.status).toBe(200)
  return reply.body
}

export function actionsOf({ _links }: State): string[] {
  return Object.keys(_links).filter((action) => action !== 'self')
}

/** How the challenge stands with its backend. */
export async function challengeOf(hub: RunningHub, { challenge }: Opened): Promise<Status> {
  return (await call<Status>(hub, 'GET', `/v1/challenges/${challenge}`, { token: hub.backend() })).body
}

/** A page that waits on the socket: every step it is told, and how it ended. */
export function waiting(hub: RunningHub, { waitToken }: Opened) {
  const steps = new Recorder<AuthenticationStep['status'] | undefined>()
  const ends = new Recorder<string>()
  const socket = dial(hub.url, '/waiting', { token: waitToken })
  socket.on('status', ({ authentication, challengeStatus, isChallengeComplete }: Status) => {
    steps.listen(authentication?.status)
    if (isChallengeComplete) ends.listen(challengeStatus)
  })
  return { steps, ends }
}

export async function withEmail(world: World, user = newUser()) {
  const email = newEmail()
  const device = await addDevice(world.one, user, { type: 'EMAIL', email, status: 'ACTIVE' })
  return { user, email, device: { id: device.id } }
}

/** A policy under which phones are asked without a number, unless said otherwise. */
export async function policyWith(hub: RunningHub, push: object = { numberMatching: 'OFF' }, more: object = {}) {
  const body = { name: newUser(), ...more, mobile: { push, ...('mobile' in more ? (more.mobile as object) : {}) } }
  const reply = await mfa<{ id: string }>(hub, 'POST', '/v1/deviceAuthenticationPolicies', body)
  expect(reply.status).toBe(201)
  return { id: reply.body.id }
}

export async function answered(hub: CalledHub, phone: Phone, decision: 'approve' | 'deny', number?: string) {
  const [shown] = await phone.approvals(hub)
  if (!shown) throw new Error('nothing is asked')
  return phone.decide(hub, decision, shown, number === undefined ? {} : { number })
}

export function wrong(right: string): string {
  return String((Number(right) + 1) % 1_000_000).padStart(6, '0')
}

/** Checks that an answer is this refusal, in this API's shape and in no other, and gives it back. */
export function expectRefused(
  { status, headers, text }: Reply<unknown>,
  expected: readonly [status: number, code: string],
  ...details: readonly (readonly [code: string, target?: string])[]
): Refused {
  expect(headers.get('content-type')).toMatch(/^application\/json\b/)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  const refused = JSON.parse(text) as Refused
  expect([status, refused.code]).toEqual(expected)
  expect(Object.keys(refused).toSorted()).toEqual(['code', 'details', 'message', 'userMessage'])
  for (const each of [refused, ...refused.details]) {
    expect(each.message).toMatch(/\S/)
    expect(each.userMessage).toMatch(/^[A-Z].*\.$/)
  }
  const told = refused.details.map(({ code, target }) => [code, target].filter((part) => part !== undefined))
  expect(told.toSorted()).toEqual([...details].map((each) => [...each]).toSorted())
  expect(text).not.toMatch(/urn:assent|"type"|"title"|"detail"|innerError|\bat .+:\d+:\d+|\.ts\b/)
  if (status === 429 || status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  return refused
}
