import { allows, demandScope, type Principal } from '../auth/principal.ts'
import type { BackendView, PageView } from '../protocol/challenge.ts'
import type { Challenge } from './challenge.ts'
import { challengeNotFound } from './refuse.ts'
import { toBackendView, toPageView } from './views.ts'

/** Through whose eyes a challenge is seen. */
export type Viewer = 'backend' | 'page'

/** Throws unless this principal may read and wait on this challenge. Another page's challenge looks like none. */
export function viewerOf(principal: Principal, id: string): Viewer {
  if (allows(principal, 'challenges:read', 'challenges:write')) return 'backend'
  demandScope(principal, 'challenges:wait')
  if (principal.challenge !== id) throw challengeNotFound()
  return 'page'
}

export function show(challenge: Challenge, viewer: Viewer, now: number): BackendView | PageView {
  return viewer === 'backend' ? toBackendView(challenge) : toPageView(challenge, now)
}
