import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Identity {
  readonly cert: string
  readonly key: string
}

/** Of `localhost` and 127.0.0.1, made now and signed by itself: nobody trusts it but who is told to, by `NODE_EXTRA_CA_CERTS`. */
export function newLocalhostIdentity(): Identity {
  const folder = mkdtempSync(join(tmpdir(), 'assent-identity-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')] as const
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
