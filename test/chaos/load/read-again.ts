import type { Scene } from './scene.ts'

const AT_ONCE = 16

/** Reads, when all is over, every challenge that the hubs must still know: what was kept once must not get lost later. */
export async function readAgain(scene: Scene): Promise<void> {
  const left = scene.tracker.stillReadable()
  const reader = async () => {
    for (let challenge = left.pop(); challenge !== undefined; challenge = left.pop()) await scene.look(challenge)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, reader))
}
