import { createSecretKey } from 'node:crypto'
import { parseArgs } from 'node:util'
import { issueToken } from './auth/issue-token.ts'
import { SCOPES } from './protocol/scopes.ts'

/*
 * npm run token -- --scope challenges:write --sub my-backend: prints a token signed with JWT_SECRET.
 */

const USAGE = `Usage: JWT_SECRET=… npm run --silent token -- --scope "SCOPE …" --sub NAME [--hours 24] [--device ID] [--challenge ID]

Scopes: ${SCOPES.join(', ')}
`

function mint(): string {
  const { values } = parseArgs({
    options: {
      scope: { type: 'string' },
      sub: { type: 'string' },
      hours: { type: 'string', default: '24' },
      device: { type: 'string' },
      challenge: { type: 'string' },
    },
  })
  const [secret = ''] = (process.env.JWT_SECRET ?? '').split(',')
  const scopes = (values.scope ?? '').split(' ').filter((scope) => scope !== '')
  const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope))
  const hours = Number(values.hours)
  if (secret.length < 32)
    throw new Error('JWT_SECRET must be set, with at least 32 characters: the hub must know it too')
  if (scopes.length === 0) throw new Error('--scope is needed')
  if (unknown.length > 0) throw new Error(`unknown scope: ${unknown.join(' ')}`)
  if (!(hours > 0)) throw new Error('--hours must be a number above 0')
  if (scopes.includes('challenges:wait')) {
    if (!values.challenge) throw new Error('challenges:wait needs --challenge')
  } else if (!values.sub) throw new Error('--sub is needed')
  const claims = {
    scope: scopes.join(' '),
    ...(values.sub && { sub: values.sub }),
    ...(values.device && { device: values.device }),
    ...(values.challenge && { challenge: values.challenge }),
  }
  const now = Date.now()
  return issueToken(createSecretKey(Buffer.from(secret)), claims, now, now + hours * 3_600_000)
}

try {
  process.stdout.write(`${mint()}\n`)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${USAGE}`)
  process.exit(1)
}
