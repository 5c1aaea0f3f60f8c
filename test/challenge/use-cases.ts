import fc from 'fast-check'
import { expect, it } from 'vitest'
import { create, decide, get, update as patch } from '../../server/challenge/capabilities.ts'
import { CHALLENGE, type Challenge } from '../../server/challenge/challenge.ts'
import type { ChallengeContext } from '../../server/challenge/context.ts'
import { HubError } from '../../server/errors.ts'
import type { Store } from '../../server/store/store.ts'
import { backend, contextOn } from './samples.ts'

/** Six digits no date has in it. */
const NUMBER = '098767'
const SHOP = backend()
/** Every run asks the same person. */
const OFTEN = { pendingPerApprover: 1_000, requestsPerApproverMinute: 1_000 }

type Move = (context: ChallengeContext, id: string) => Promise<unknown>

const decideAs =
  (device: string, body: object): Move =>
  (context, id) =>
    decide(context, { user: 'ada', device }, id, body)

/** Everything that can happen to a challenge, by name, so that a failing run can be read. */
const MOVES: Readonly<Record<string, Move>> = {
  scan: (context, id) => patch(context, id, { challengeStatus: 'scanned' }),
  start: (context, id) => patch(context, id, { challengeStatus: 'started' }),
  claim: (context, id) => patch(context, id, { claimsNameValuePairs: [{ name: 'a', value: String(Math.random()) }] }),
  nothing: (context, id) => patch(context, id, {}),
  pay: (context, id) => patch(context, id, { challengeStatus: 'paid', isChallengeComplete: true }),
  approve: decideAs('phone', { decision: 'approve', number: NUMBER }),
  'approve wrongly': decideAs('phone', { decision: 'approve', number: '1' }),
  'approve at another device': decideAs('tablet', { decision: 'approve', number: NUMBER }),
  deny: decideAs('phone', { decision: 'deny' }),
  'deny as a stranger': (context, id) => decide(context, { user: 'eve' }, id, { decision: 'deny' }),
  read: (context, id) => get(context, SHOP, id),
}
/** What a move may be told. */
const TOLD = ['challenge_complete', 'number_mismatch', 'challenge_not_found']

const batches = fc.array(fc.array(fc.constantFrom(...Object.keys(MOVES)), { minLength: 2, maxLength: 6 }), {
  minLength: 1,
  maxLength: 4,
})

/** Random moves, many at a time and from both instances, over the real use cases. */
export function describeMoves(stores: () => readonly [Store, Store], runs: number): void {
  it('never forks, never skips, ends once, and shows its number to no backend', async () => {
    const property = fc.asyncProperty(batches, fc.boolean(), (moves, matching) => play(stores(), moves, matching))
    await fc.assert(property, { numRuns: runs })
  })
}

async function play(stores: readonly [Store, Store], moves: readonly string[][], matching: boolean): Promise<void> {
  const commits: Challenge[] = []
  const open = (store: Store) => contextOn(recording(store, commits), { digits: () => NUMBER }, OFTEN)
  const contexts = [open(stores[0]), open(stores[1])] as const
  const { challenge: id, number } = await create(contexts[0], SHOP, {
    approver: 'ada',
    ...(matching && { numberMatching: 6 }),
  })
  expect(number).toBe(matching ? NUMBER : undefined)

  const shown: unknown[] = []
  let turn = 0
  for (const batch of moves) {
    const asked = batch.map(async (name) => {
      const context = contexts[turn++ % 2 === 0 ? 0 : 1]
      shown.push(await (MOVES[name] as Move)(context, id).catch(toldOf))
    })
    await Promise.all(asked)
  }

  commits.sort((a, b) => a.version - b.version)
  expect(commits.map((commit) => commit.version)).toEqual(commits.map((_, at) => at + 1))
  const complete = commits.filter((commit) => commit.complete)
  expect(complete.length).toBeLessThanOrEqual(1)
  if (complete[0]) expect(commits.at(-1)).toBe(complete[0])
  for (const commit of commits) expect(commit.statusVersion).toBeLessThanOrEqual(commit.version)
  for (const store of stores) expect(await store.read(CHALLENGE, id)).toEqual(commits.at(-1))
  expect(JSON.stringify(shown)).not.toContain(NUMBER)
  expect(wrongTries(commits)).toBeLessThanOrEqual(3)
}

/** What went wrong, as someone outside is told it; anything unexpected fails the run. */
function toldOf(error: unknown): unknown {
  if (!(error instanceof HubError) || !TOLD.includes(error.code)) throw error
  return { code: error.code, detail: error.detail, ...error.extras }
}

function wrongTries(commits: readonly Challenge[]): number {
  const left = commits.at(-1)?.numberMatching?.attemptsRemaining
  return left === undefined ? 0 : 3 - left
}

/** The store, writing down every challenge it has kept. */
function recording(store: Store, kept: Challenge[]): Store {
  return {
    read: (kind, id) => store.read(kind, id),
    commit: async (kind, id, next, options) => {
      const result = await store.commit(kind, id, next, options)
      if (result === 'committed' && kind.name === CHALLENGE.name) kept.push(next as unknown as Challenge)
      return result
    },
    watch: (kind, id, listener) => store.watch(kind, id, listener),
    now: () => store.now(),
  }
}
