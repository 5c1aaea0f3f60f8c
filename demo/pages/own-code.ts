import { Secret, TOTP } from 'otpauth'
import type { Pairing } from '../../client-sdk/index.ts'
import { byId } from './screen.ts'

/** Shows the code by which this phone proves itself where no question reaches it. @returns what draws it anew, every now and then */
export function createOwnCode({ otp: { secret, period } }: Pairing): () => void {
  const totp = new TOTP({ secret: Secret.fromBase32(secret), period })
  let shown = ''
  return () => {
    const code = totp.generate()
    const left = Math.ceil(totp.remaining() / 1000)
    byId('own-code-left').textContent = `Good for ${left} more ${left === 1 ? 'second' : 'seconds'}`
    if (code === shown) return
    shown = code
    byId('own-code').textContent = `${code.slice(0, 3)} ${code.slice(3)}`
  }
}
