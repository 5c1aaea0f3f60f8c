import { describe, expect, it } from 'vitest'
import { toApprovalView, toBackendView, toPageView, toView } from '../../server/challenge/views.ts'
import { ADA, expected, LIFE, OPENED, sample } from './samples.ts'

const NOW = OPENED + 7
const display = { title: 'Pay 12 EUR', message: 'to Łódź', fields: [{ label: 'To', value: 'Łódź' }] }
const claims = [{ name: 'amount', value: '12' }]
/** A challenge with everything a challenge can have. */
const full = sample({
  version: 3,
  status: 'denied',
  complete: true,
  statusVersion: 2,
  statusUpdatedAt: OPENED + 5,
  updatedByFlowId: 'flow-1',
  claims,
  display,
  ...expected('07'),
  decidedBy: ADA,
  reason: 'not me',
})
const bare = sample({ approver: undefined })

const common = {
  challenge: full.id,
  challengeStatus: 'denied',
  isChallengeComplete: true,
  updateByFlowId: 'flow-1',
  createdDate: OPENED,
  statusUpdatedDate: OPENED + 5,
  expiresDate: OPENED + LIFE,
  version: 3,
  statusVersion: 2,
}
const commonBare = {
  challenge: bare.id,
  challengeStatus: 'started',
  isChallengeComplete: false,
  createdDate: OPENED,
  statusUpdatedDate: OPENED,
  expiresDate: OPENED + LIFE,
  version: 1,
  statusVersion: 1,
}

// `toStrictEqual`: a key that is there and undefined is a key too many.
describe('a challenge', () => {
  it('is the same for everyone in what everyone sees', () => {
    expect(toView(full)).toStrictEqual(common)
    expect(toView(bare)).toStrictEqual(commonBare)
  })

  it('shows the page its number, and neither claims nor people', () => {
    expect(toPageView(full, NOW)).toStrictEqual({ ...common, number: '07', serverDate: NOW })
    expect(toPageView(bare, NOW)).toStrictEqual({ ...commonBare, serverDate: NOW })
  })

  it('shows a backend claims and people, and no number', () => {
    const people = { approver: 'ada', decidedBy: 'ada', reason: 'not me' }
    expect(toBackendView(full)).toStrictEqual({ ...common, claimsNameValuePairs: claims, display, ...people })
    expect(toBackendView(bare)).toStrictEqual({ ...commonBare, claimsNameValuePairs: [] })
  })

  it('shows the approver what is asked, how many digits, and nothing else', () => {
    expect(toApprovalView(full, NOW)).toStrictEqual({
      challenge: full.id,
      version: 3,
      display,
      createdDate: OPENED,
      expiresDate: OPENED + LIFE,
      numberMatching: 2,
      serverDate: NOW,
    })
    const { challenge, createdDate, expiresDate } = commonBare
    expect(toApprovalView(bare, NOW)).toStrictEqual({
      challenge,
      version: 1,
      createdDate,
      expiresDate,
      serverDate: NOW,
    })
  })

  it('says 6 for six digits', () => {
    expect(toApprovalView(sample(expected('000042')), NOW).numberMatching).toBe(6)
  })
})
