import { AssentError, type ChallengeView, type CreatedChallenge } from '../../../client-sdk/index.ts'
import { rest } from '../../../client-sdk/rest.ts'
import type { Ending, Life, Step } from './plan-life.ts'
import type { Scene } from './scene.ts'

/** So long after its end a challenge's pages must all have gone: the longest promise, and a moment. Milliseconds. */
const AFTERMATH_MS = 25_000
const LOOK_EVERY_MS = 250
/** Longest claim values a challenge may have. */
const CLAIM = 'x'.repeat(800)

/**
 * Lives through one challenge: opens it and its pages, changes it, ends it, and reads how it stands when all is over.
 * @param onBegun called when its first pages have been opened, or never will be
 */
export async function live(life: Life, scene: Scene, onBegun: () => void): Promise<void> {
  const created = await open(life, scene)
  onBegun()
  if (!created) return
  const entered = scene.enter()
  try {
    await liveOn(life, created, entered.signal, scene)
  } finally {
    scene.leave(entered)
  }
}

async function liveOn(life: Life, created: CreatedChallenge, hurry: AbortSignal, scene: Scene): Promise<void> {
  const ended = new AbortController()
  const pages: number[] = []
  const visits = life.pages.map((plan) => scene.visit(plan, created, hurry, (page) => pages.push(page)))
  const stepping = step(life.steps, created.challenge, scene, ended.signal)
  await rest(life.endsAfterMs, hurry)
  ended.abort()
  await stepping
  await end(life, created, hurry.aborted, scene)
  await Promise.all(visits)
  await untilAllLeft(pages, scene)
  await scene.look(created.challenge)
}

async function open(life: Life, scene: Scene): Promise<CreatedChallenge | undefined> {
  const { user, numberMatching, timeout } = life
  try {
    const created = await scene.backend.createChallenge({
      challengeTimeout: timeout,
      ...(user !== undefined && { approver: user, display: { title: `Life ${life.number}` } }),
      ...(numberMatching && { numberMatching: 2 }),
    })
    scene.tracker.acknowledged(created)
    return created
  } catch (error) {
    // The hub never said that it exists: nobody waits for it, and nothing is promised.
    if (!(error instanceof AssentError)) throw error
    await rest(1_000, scene.over)
    return undefined
  }
}

async function step(steps: readonly Step[], challenge: string, scene: Scene, ended: AbortSignal): Promise<void> {
  let before = 0
  for (const next of steps) {
    await rest(next.afterMs - before, ended)
    before = next.afterMs
    if (ended.aborted) return
    const change = 'word' in next ? { challengeStatus: next.word } : { claimsNameValuePairs: claims(next.claims) }
    await scene.attempt(challenge, () => scene.backend.updateChallenge(challenge, change))
  }
}

/** All who mean to end it do so, again and again until it has ended, as the first of them says. */
async function end(
  { ending, user, endsAfterMs }: Life,
  created: CreatedChallenge,
  isHurried: boolean,
  scene: Scene,
): Promise<void> {
  const acts: readonly Ending[] =
    isHurried && ending.length === 0 ? [{ by: 'backend', word: 'cancelled', delayMs: 0 }] : ending
  await Promise.all(
    acts.map(async (act) => {
      await rest(act.delayMs)
      await scene.insist(created.challenge, () => say(act, user, created, scene))
    }),
  )
  // A challenge that times out does so by itself, a little after its time.
  if (acts.length === 0) await rest(created.expiresDate - created.createdDate - endsAfterMs, scene.over)
}

function say(act: Ending, user: string | undefined, created: CreatedChallenge, scene: Scene): Promise<ChallengeView> {
  const { challenge, number } = created
  if (act.by === 'backend') {
    return scene.backend.updateChallenge(challenge, { challengeStatus: act.word, isChallengeComplete: true })
  }
  return scene.approvers.at(user ?? '', act.by)[act.decision](challenge, number === undefined ? {} : { number })
}

async function untilAllLeft(pages: readonly number[], scene: Scene): Promise<void> {
  let deadline = performance.now() + AFTERMATH_MS
  while (scene.tracker.stillOpen(pages) > 0 && performance.now() < deadline) {
    await rest(LOOK_EVERY_MS, scene.over)
    if (pages.some((page) => scene.isFrozen(page))) deadline = performance.now() + AFTERMATH_MS
  }
  for (const page of pages) scene.dismiss(page)
}

export function claims(count: number): { name: string; value: string }[] {
  return Array.from({ length: count }, (_, number) => ({ name: `claim-${number}`, value: CLAIM }))
}
