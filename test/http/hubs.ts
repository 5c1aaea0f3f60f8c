import { expect } from 'vitest'
import type { BackendView, ChallengeView, CreatedChallenge } from '../../server/protocol/challenge.ts'
import { eventually } from '../support/eventually.ts'
import { call, type Reply } from '../support/http-client.ts'
import type { RunningHub } from '../support/hub.ts'

/** Two instances of one deployment; on the memory store, where there can be but one, both are the same. */
export interface Hubs {
  readonly one: RunningHub
  readonly other: RunningHub
  stop(): Promise<void>
}

/** The hubs of the test that is running. */
export type CurrentHubs = () => Hubs

/** Opens a challenge as a backend. */
export async function open(hub: RunningHub, body: object = {}, headers = {}): Promise<CreatedChallenge> {
  const reply = await call<CreatedChallenge>(hub, 'POST', '/v1/challenges', { token: hub.backend(), body, headers })
  expect(reply.text).toContain('"challenge"')
  expect(reply.status).toBe(201)
  return reply.body
}

export function patch(hub: RunningHub, challenge: string, body: object): Promise<Reply<BackendView>> {
  return call(hub, 'PATCH', `/v1/challenges/${challenge}`, { token: hub.backend(), body })
}

export function get(hub: RunningHub, challenge: string, token = hub.backend()): Promise<Reply<BackendView>> {
  return call(hub, 'GET', `/v1/challenges/${challenge}`, { token })
}

export interface Polled extends ChallengeView {
  readonly pollOutcome: string
}

/** @param query as in the URL, such as `pollRetries=0` */
export function poll(
  hub: RunningHub,
  challenge: string,
  query: string,
  { token = hub.backend(), signal }: { token?: string; signal?: AbortSignal } = {},
): Promise<Reply<Polled>> {
  return call(hub, 'GET', `/v1/challenges/${challenge}/poll?${query}`, { token, ...(signal && { signal }) })
}

export function decide(
  hub: RunningHub,
  challenge: string,
  body: unknown,
  token: string,
): Promise<Reply<ChallengeView>> {
  return call(hub, 'POST', `/v1/approvals/${challenge}`, { token, body })
}

export interface Statistics {
  readonly waiting: number
  readonly approvers: number
  readonly watches: number
  readonly instances: { readonly answered: number; readonly expected: number }
}

export async function stats(hub: RunningHub): Promise<Statistics> {
  const reply = await call<Statistics>(hub, 'GET', '/v1/stats', { token: hub.backend() })
  expect(reply.status).toBe(200)
  return reply.body
}

/** Waits until so many documents are watched, on all instances. */
export async function watched(hub: RunningHub, count: number): Promise<void> {
  await eventually(async () => expect((await stats(hub)).watches).toBe(count))
}
