import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const AUDIT = resolve(import.meta.dirname, '../../.ci/audit')

/** Runs the audit of CI against a registry that answers every question like this. */
async function audit(status: number, advisories: unknown): Promise<{ code: number; said: string }> {
  const registry = createServer((request, response) => {
    request.resume()
    const isAudit = request.url === '/-/npm/v1/security/advisories/bulk'
    response.writeHead(isAudit ? status : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(advisories))
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`
  // npm remembers what it was once told of a fault.
  const cache = await mkdtemp(join(tmpdir(), 'assent-audit-'))
  const env = { ...process.env, npm_config_registry: url, npm_config_fetch_retries: '0', npm_config_cache: cache }
  try {
    return await new Promise((resolve) => {
      execFile(AUDIT, { env }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: `${stdout}${stderr}` })
      })
    })
  } finally {
    registry.closeAllConnections()
    registry.close()
    await rm(cache, { recursive: true, force: true })
  }
}

function advisory(severity: string) {
  const found = { id: 1, url: 'https://advisories.example/1', title: 'A fault', severity, vulnerable_versions: '*' }
  return { express: [found] }
}

describe('the audit of CI', () => {
  it('passes when nothing is known', async () => {
    expect(await audit(200, {})).toEqual({ code: 0, said: expect.stringMatching(/^audit: 0 known/) })
  })

  it('fails when something high is known, and names it', async () => {
    expect(await audit(200, advisory('high'))).toEqual({
      code: 1,
      said: expect.stringMatching(/^audit: high: express/m),
    })
  })

  it('tells of less, and passes', async () => {
    expect(await audit(200, advisory('low'))).toEqual({ code: 0, said: expect.stringMatching(/^audit: low: express/m) })
  })

  it('says that it was not done when the registry does not do it', async () => {
    expect(await audit(405, {})).toEqual({ code: 0, said: expect.stringMatching(/^audit: NOT DONE.*405/) })
  })
})
