import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { publicKey } from './auth/device-signature.ts'
import { findFaults } from './challenge/check-receipt.ts'
import type { Receipt } from './protocol/statement.ts'

/*
 * npm run verify-receipt -- FILE [--key JWK-FILE]: whether a device has signed this decision on what was shown. It needs
 * nothing but the file.
 */

const USAGE = 'Usage: npm run --silent verify-receipt -- FILE [--key JWK-FILE]\n'

/** The exit code: 0 when it is good, 1 when it is not. */
function verify(): number {
  const { values, positionals } = parseArgs({ options: { key: { type: 'string' } }, allowPositionals: true })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new Error('one file is needed')
  const receipt: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const known = values.key === undefined ? undefined : publicKey.parse(JSON.parse(readFileSync(values.key, 'utf8')))
  const faults = findFaults(receipt, known)
  if (faults.length > 0) {
    process.stdout.write(`NOT GOOD\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n`)
    return 1
  }
  const { decision, challenge, approver, device, decidedDate, shown } = receipt as Receipt
  const what = shown.display ? `\n  shown: ${JSON.stringify(shown.display)}` : ''
  const word = decision === 'approve' ? 'approved' : 'denied'
  const when = new Date(decidedDate).toISOString()
  process.stdout.write(`GOOD: device ${device} has ${word} challenge ${challenge}.${what}\n`)
  process.stdout.write(
    `The hub says: of user ${JSON.stringify(approver)}, taken at ${when}. That is its word, and not signed.\n`,
  )
  return 0
}

try {
  process.exitCode = verify()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${USAGE}`)
  process.exitCode = 2
}
