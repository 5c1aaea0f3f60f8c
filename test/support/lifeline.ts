import { spawn } from 'node:child_process'

/**
 * Sees to it that a child process and its folder do not outlive us, however we die: test workers are ended by a signal,
 * where no exit handler runs. A shell holds the other end of a pipe; when the pipe breaks, it clears up.
 * Returns what to call once the child has ended by itself.
 */
export function lifeline(pid: number, folder = ''): () => void {
  const script = `trap '' INT TERM HUP; read _ && exit; kill -9 "$0"; [ -n "$1" ] && sleep 0.1 && rm -rf -- "$1"`
  const guard = spawn('sh', ['-c', script, String(pid), folder], { stdio: ['pipe', 'ignore', 'ignore'] })
  guard.unref()
  // The pipe must not keep us alive either, and a guard that is gone is no reason to fail.
  const pipe = guard.stdin as typeof guard.stdin & { unref?(): void }
  pipe.unref?.()
  pipe.on('error', () => undefined)
  return () => pipe.end('done\n')
}
