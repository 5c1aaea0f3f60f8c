import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCES = [
  'server',
  'client-sdk',
  'demo',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
]
/** Its time is when the last good build began. */
const STAMP = join(ROOT, 'dist/.built-for-tests')

/** Tests of whole processes run `dist/`, as users do: builds it, unless nothing has changed since it was built. */
export function ensureBuilt(): void {
  const builtAt = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0
  if (SOURCES.every((source) => newest(join(ROOT, source)) < builtAt)) return
  const began = new Date()
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new BuildFailed(`${stdout}${stderr}`.trim())
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  writeFileSync(STAMP, '')
  utimesSync(STAMP, began, began)
}

class BuildFailed extends Error {
  constructor(output: string) {
    super(`"npm run build" failed, so there is nothing to test:\n${output}`)
    this.stack = this.message
  }
}

/** A folder's own time counts too: it tells of files that were removed. */
function newest(path: string): number {
  const entry = statSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return Number.POSITIVE_INFINITY
  if (!entry.isDirectory()) return entry.mtimeMs
  return Math.max(entry.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
