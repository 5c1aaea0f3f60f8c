import { describe, expect, it } from 'vitest'
import { judge } from './judge.ts'
import type { ChallengeRecord, Change, Failover, HubEnd, Outage, PageRecord, Recording, Told } from './recording.ts'

/** A challenge is created at 0, moved at 1,000 and approved at 2,000; one page has waited since 100. */
const created = change(1, 'started', 0)
const moved = change(2, 'looking', 1_000)
const approved = change(3, 'approved', 2_000)

describe('what was told in time', () => {
  it('is all well when everybody was told everything at once', () => {
    const verdict = judge(recording({ pages: [page({})] }))
    expect(verdict).toMatchObject({ broken: [], lost: 0, duplicates: 0, rolledBack: 0 })
    expect(verdict.catchUps.map(({ change, ms }) => [change.version, ms])).toEqual([
      [1, 5],
      [2, 5],
      [3, 5],
    ])
  })

  it('takes a newer version for the older ones', () => {
    expect(promises({ pages: [page({ told: [told(3, 2_005)] })] })).toEqual([])
  })

  it.each([
    ['10 s after the commit is in time', 12_000, []],
    ['a millisecond more is late', 12_001, ['told in time']],
  ])('%s', (_, at, broken) => {
    expect(promises({ pages: [page({ told: [told(1, 105), told(2, 1_005), told(3, at)] })] })).toEqual(broken)
  })

  it('says which page, which challenge and how late', () => {
    const late = page({ told: [told(1, 105), told(2, 1_005), told(3, 13_000)] })
    expect(judge(recording({ pages: [late] })).broken).toEqual([
      {
        promise: 'told in time',
        what: 'told approved (complete) of version 3 after 11000 ms',
        at: 2_000,
        challenge: 'c',
        page: late,
      },
    ])
  })

  it('counts what a page was never told as lost', () => {
    const verdict = judge(recording({ pages: [page({ told: [told(1, 105), told(2, 1_005)], closedAt: undefined })] }))
    expect(verdict).toMatchObject({ lost: 1, broken: [{ promise: 'told in time' }] })
  })

  it('asks nothing of a page that left before it had to know', () => {
    expect(promises({ pages: [page({ told: [told(1, 105)], closedAt: 9_000 })] })).toEqual([])
    expect(promises({ pages: [page({ told: [told(1, 105)], closedAt: 11_001 })] })).toEqual(['told in time'])
  })

  it('counts from the opening of a page that came late', () => {
    const late = page({ openedAt: 15_000, told: [told(3, 15_010)] })
    expect(judge(recording({ pages: [late] })).catchUps.map(({ ms }) => ms)).toEqual([10, 10, 10])
  })

  it('asks of a poll only what wakes a poll', () => {
    const claims = { ...change(2, 'started', 1_000), movesStatus: false }
    const challenges = challenge({ acknowledged: [created, claims, approved] })
    const polls = page({ kind: 'poll', told: [told(1, 105, 1), told(3, 12_000, 2)] })
    expect(promises({ challenges, pages: [polls] })).toEqual([])
    expect(promises({ challenges, pages: [{ ...polls, kind: 'bare' }] })).toEqual(['told in time'])
    expect(promises({ pages: [page({ kind: 'poll', told: [told(2, 11_500), told(3, 11_500)] })] })).toEqual([
      'told in time',
    ])
    expect(promises({ pages: [page({ kind: 'poll', told: [told(3, 10_500)] })] })).toEqual([])
  })

  it('asks for an ending nobody acknowledged, such as a time-out', () => {
    const challenges = challenge({
      acknowledged: [created],
      readings: [{ ...change(2, 'timed_out', 3_000), at: 20_000 }],
    })
    const pages = [page({ told: [told(1, 105)], closedAt: undefined })]
    expect(judge(recording({ challenges, pages })).broken).toMatchObject(
      [{ what: /never told timed_out/ }].map(matching),
    )
  })
})

describe('an outage', () => {
  const outage: Outage = { began: 1_900, ended: 5_000, why: 'Redis was frozen', grace: 10_000 }
  const lastAt = (at: number, outages: readonly Outage[]) =>
    promises({ outages, pages: [page({ told: [told(1, 105), told(2, 1_005), told(3, at)] })] })

  it('excuses until it ends, and not longer', () => {
    expect(lastAt(15_000, [outage])).toEqual([])
    expect(lastAt(15_001, [outage])).toEqual(['told in time'])
  })

  it('excuses nobody when it began after the page was late, or was over before', () => {
    expect(lastAt(15_000, [{ ...outage, began: 12_001, ended: 14_000 }])).toEqual(['told in time'])
    expect(lastAt(12_001, [{ ...outage, began: 1_000, ended: 1_900 }])).toEqual(['told in time'])
  })

  it('chains, in whatever order they are listed', () => {
    const second = { ...outage, began: 14_000, ended: 16_000 }
    expect(lastAt(26_000, [second, outage])).toEqual([])
    expect(lastAt(26_001, [second, outage])).toEqual(['told in time'])
  })

  it('that pages take longer to notice has its grace for what is committed meanwhile, too', () => {
    const link: Outage = { began: 500, ended: 1_900, holder: 0, grace: 15_000, why: 'the link was half-open' }
    expect(lastAt(17_000, [link])).toEqual([])
    expect(lastAt(17_001, [link])).toEqual(['told in time'])
    expect(lastAt(12_001, [{ ...link, began: -15_000, ended: -13_500 }])).toEqual(['told in time'])
  })

  it('of one holder excuses its pages only, with its own grace', () => {
    expect(lastAt(20_000, [{ ...outage, holder: 0, grace: 15_000 }])).toEqual([])
    expect(lastAt(20_001, [{ ...outage, holder: 0, grace: 15_000 }])).toEqual(['told in time'])
    expect(lastAt(13_000, [{ ...outage, holder: 1, grace: 15_000 }])).toEqual(['told in time'])
  })
})

describe('one page', () => {
  it('is never told an older version, not even over a new connection', () => {
    const back = [told(1, 105), told(2, 1_005), told(1, 1_100, 2), told(3, 2_005, 2)]
    expect(promises({ pages: [page({ told: back, kind: 'bare' })] })).toEqual(['never back'])
  })

  it('is told a version once on a connection, and may be told it again on the next', () => {
    const again = (connection: number) => [told(1, 105), told(2, 1_005), told(2, 1_100, connection), told(3, 2_005, 2)]
    expect(judge(recording({ pages: [page({ told: again(1), kind: 'bare' })] }))).toMatchObject({
      duplicates: 1,
      broken: [{ promise: 'told once' }],
    })
    expect(promises({ pages: [page({ told: again(2), kind: 'bare' })] })).toEqual([])
  })

  it('with the SDK is told it once, whatever the connection', () => {
    const told1 = [told(1, 105), told(1, 200, 2), told(3, 2_005, 2)]
    expect(promises({ pages: [page({ told: told1, kind: 'sdk' })] })).toEqual(['told once'])
  })

  it('hears what took the place of a change that a failover undid, and that once', () => {
    const stories = (...more: Told[]) => [
      page({ told: [told(1, 105), told(2, 1_005), ...more, told(3, 2_005)], kind: 'bare' }),
    ]
    const failover = { began: 900, ended: 1_100 }
    const oddities = (pages: PageRecord[], ...failovers: Failover[]) =>
      promises({ pages, failovers }).filter((promise) => promise === 'told once')
    expect(oddities(stories(told(2, 1_200)), failover)).toEqual([])
    expect(oddities(stories(told(2, 1_200)))).toEqual(['told once'])
    expect(oddities(stories(told(2, 1_200), told(2, 1_300)), failover)).toEqual(['told once'])
    // Both after it: nothing was undone in between.
    expect(oddities(stories(told(2, 1_200)), { began: 900, ended: 1_000 })).toEqual(['told once'])
    expect(oddities(stories(told(2, 17_000)), failover)).toEqual(['told once'])
  })

  it('resolves once, and with what it was told last', () => {
    const outcome = told(3, 2_005)
    expect(judge(recording({ pages: [page({ resolved: [outcome, outcome] })] }))).toMatchObject({
      duplicates: 1,
      broken: [{ promise: 'resolved once' }],
    })
    expect(promises({ pages: [page({ resolved: [told(2, 2_005)] })] })).toEqual(['truth told'])
  })

  it('does not give up by itself, unless a failover has undone its challenge', () => {
    const failover = { began: 20_000, ended: 25_000 }
    expect(promises({ pages: [page({ failed: 'challenge_not_found' })] })).toEqual(['wait kept'])
    expect(promises({ pages: [page({ failed: 'challenge_not_found' })], failovers: [failover] })).toEqual([])
    expect(promises({ pages: [page({ failed: 'invalid_token' })], failovers: [failover] })).toEqual(['wait kept'])
    // It comes long after the failover that undid what was created just before.
    const late = page({ openedAt: 50_000, failed: 'challenge_not_found', closedAt: 50_005, told: [] })
    const undone = challenge({ acknowledged: [{ ...created, at: 19_990 }], readings: [] })
    expect(promises({ challenges: undone, pages: [late], failovers: [failover] })).not.toContain('wait kept')
    expect(promises({ challenges: undone, pages: [late], failovers: [] })).toContain('wait kept')
  })
})

describe('one challenge', () => {
  it('has one content per version, for whoever looks', () => {
    const liar = page({ told: [told(1, 105), { ...told(2, 1_005), status: 'elsewhere' }, told(3, 2_005)] })
    expect(promises({ pages: [page({}), liar] })).toContain('one history')
  })

  it('ends once', () => {
    const denied = { ...change(4, 'denied', 2_500), complete: true }
    const challenges = challenge({ acknowledged: [created, moved, approved, denied] })
    expect(promises({ challenges, pages: [] })).toEqual(['one history'])
  })

  it('keeps what was acknowledged', () => {
    const readings = [{ ...moved, at: 20_000 }]
    const verdict = judge(recording({ challenges: challenge({ readings }), pages: [] }))
    expect(verdict).toMatchObject({ lost: 1, rolledBack: 0, broken: [{ promise: 'kept' }] })
    expect(
      judge(recording({ challenges: challenge({ readings: [{ at: 20_000, missing: true }] }), pages: [] })).lost,
    ).toBe(3)
    expect(
      judge(recording({ challenges: challenge({ readings: [{ at: 500, missing: true }] }), pages: [] })).lost,
    ).toBe(1)
  })

  it('may lose what was acknowledged just before a failover, which is counted, and told to pages', () => {
    const failover: Failover = { began: 2_100, ended: 4_000 }
    const readings = [{ ...moved, at: 20_000 }]
    const pages = [page({ kind: 'bare', told: [told(1, 105), told(2, 1_005), told(3, 2_005), told(2, 4_100, 2)] })]
    const challenges = challenge({ acknowledged: [created, moved, approved], readings })
    expect(judge(recording({ challenges, pages, failovers: [failover] }))).toMatchObject({
      lost: 0,
      rolledBack: 1,
      broken: [],
    })
    const early = { began: 9_000, ended: 9_500 }
    expect(promises({ challenges, pages, failovers: [early] })).toEqual(['kept', 'never back'])
  })
})

describe('a failover', () => {
  const failover: Failover = { began: 2_100, ended: 4_000 }

  it('may undo a change in whose place another one is made: pages need not have been told the first', () => {
    const undone = { ...change(2, 'started', 2_000), movesStatus: false }
    const instead = change(2, 'looking', 20_000)
    const challenges = challenge({ acknowledged: [created, undone, instead] })
    const pages = [page({ told: [told(1, 105), told(2, 20_005)], closedAt: 40_000 })]
    const failovers = [failover]
    expect(judge(recording({ challenges, pages, failovers }))).toMatchObject({ lost: 0, rolledBack: 1, broken: [] })
    expect(promises({ challenges, pages: [] })).toContain('kept')
  })

  it('may undo what a page resolved with, which it is told if it still listens', () => {
    const readings = [{ ...moved, at: 20_000 }]
    const challenges = challenge({ readings })
    const told3 = [told(1, 105), told(2, 1_005), told(3, 2_005), told(2, 4_100)]
    const pages = [page({ kind: 'bare', told: told3, resolved: [told(3, 2_005)] })]
    expect(promises({ challenges, pages, failovers: [failover] })).toEqual([])
    const liar = [page({ kind: 'bare', told: told3, resolved: [told(2, 2_005)] })]
    expect(promises({ challenges, pages: liar, failovers: [failover] })).toEqual(['truth told'])
  })
})

describe('the hubs', () => {
  const end = (wanted: HubEnd['wanted'], how: number | string): HubEnd => ({ hub: 1, at: 500, wanted, how })

  it.each([
    ['killed on purpose', end('killed', 'SIGKILL'), []],
    ['stopped in good order', end('stopped', 0), []],
    ['stopped, but not in good order', end('stopped', 1), ['no hub dies of it']],
    ['died', end('never', 1), ['no hub dies of it']],
  ])('%s', (_, hubEnd, broken) => {
    expect(promises({ pages: [page({})], hubEnds: [hubEnd] })).toEqual(broken)
  })

  it('leave no error uncaught', () => {
    expect(promises({ pages: [page({})], unhandled: ['Unhandled rejection'] })).toEqual(['nothing unhandled'])
  })
})

function promises(parts: Partial<Recording>): string[] {
  return judge(recording(parts)).broken.map(({ promise }) => promise)
}

function recording(parts: Partial<Recording>): Recording {
  return {
    challenges: challenge({}),
    pages: [],
    outages: [],
    failovers: [],
    hubEnds: [],
    unhandled: [],
    endedAt: 60_000,
    ...parts,
  }
}

function challenge(parts: Partial<ChallengeRecord>): Recording['challenges'] {
  const record = { challenge: 'c', acknowledged: [created, moved, approved], readings: [], ...parts }
  return new Map([['c', record]])
}

function page(parts: Partial<PageRecord>): PageRecord {
  return {
    page: 1,
    challenge: 'c',
    kind: 'sdk',
    until: 'complete',
    holder: 0,
    openedAt: 100,
    told: [told(1, 105), told(2, 1_005), told(3, 2_005)],
    resolved: [],
    closedAt: 30_000,
    ...parts,
  }
}

function told(version: number, at: number, connection = 1): Told {
  const status = ['started', 'looking', 'approved'][version - 1] ?? ''
  return { version, at, connection, status, complete: version === 3 }
}

function change(version: number, status: string, at: number): Change {
  const complete = status === 'approved' || status === 'timed_out'
  return { version, status, at, committedAt: at, movesStatus: true, complete }
}

function matching({ what }: { what: RegExp }) {
  return { what: expect.stringMatching(what) }
}
