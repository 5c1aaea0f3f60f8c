import type { Dice } from './dice.ts'
import { type Call, wellFormed } from './http-requests.ts'
import { strangeWord } from './strange-values.ts'
import type { Targets } from './targets.ts'

const ACTIONS = [
  'authenticate',
  'selectDevice',
  'checkOtp',
  'resendOtp',
  'poll',
  'checkAssertion',
  'continueAuthentication',
  'cancelAuthentication',
  '__proto__',
  'constructor',
] as const

/** A call of one of the other APIs, as its clients would make it. */
export function chooseDialectCall(dice: Dice, { flow, challenge, connection, mfa, wait }: Targets): Call {
  const strange = () => encodeURIComponent(wellFormed(strangeWord(dice)))
  const or = (id: string) => (dice.chance(0.85) ? id : strange())
  const aFlow = `/pf-ws/authn/flows/${or(flow)}`
  const aChallenge = `/auth/challenges/${or(challenge)}`
  const aConnection = `/v3/connections/${or(connection)}`
  const token = dice.chance(0.95) ? mfa : wait
  const headers = dice.chance(0.95) ? ['X-XSRF-Header: fuzz'] : []
  const action = dice.chance(0.9) ? dice.pick(ACTIONS) : strange()
  return dice.weighed<Call>([
    [2, { method: 'POST', path: '/pf-ws/authn/flows', body: { user: { id: 'kim' } }, token }],
    [3, { method: 'GET', path: aFlow, headers }],
    [6, { method: 'POST', path: `${aFlow}?action=${action}`, body: bodyOf(dice), headers }],
    [2, { method: 'POST', path: `/auth/challenges?include=${strange()}&exclude=sms`, body: { userId: 'kim' }, token }],
    [2, { method: 'GET', path: aChallenge, token }],
    [2, { method: 'POST', path: `${aChallenge}/authenticators/${strange()}/start`, body: {}, token }],
    [2, { method: 'POST', path: `${aChallenge}/redeem`, body: { operation: 'o' }, token }],
    [1, { method: 'GET', path: '/auth/authenticatorTypes', token }],
    [2, { method: 'PUT', path: aConnection, body: { user: { id: 'kim' }, mode: 'pin' }, token }],
    [2, { method: 'GET', path: `${aConnection}/sync`, token }],
    [4, { method: 'POST', path: `${aConnection}/sync`, body: { answers: [{ challenge_id: 1, answer: 1 }] }, token }],
    [1, { method: 'GET', path: dice.pick(['/pf-ws/x', '/auth/x', '/v3/x', '/auth/', '/v3/connections/']), token }],
  ])
}

function bodyOf(dice: Dice): object {
  return dice.pick([{}, { deviceRef: { id: 'x' } }, { otp: '123456' }, { assertion: 'x', origin: 'y' }])
}
