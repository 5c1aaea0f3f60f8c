import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '@simplewebauthn/browser'

/** An address in numbers has no passkeys: they belong to a name. */
const NUMBERS = /^[\d.]+$|:/

/** Whether this browser can have passkeys for this page. */
export function canUsePasskeys(): boolean {
  return browserSupportsWebAuthn() && !NUMBERS.test(location.hostname)
}

/** Both answer with what the hub reads; undefined: none was made or used, for whatever reason. */
export function makePasskey(options: string): Promise<string | undefined> {
  return orNone(startRegistration({ optionsJSON: JSON.parse(options) }))
}

export function usePasskey(options: string): Promise<string | undefined> {
  return orNone(startAuthentication({ optionsJSON: JSON.parse(options) }))
}

async function orNone(credential: Promise<object>): Promise<string | undefined> {
  try {
    return JSON.stringify(await credential)
  } catch (error) {
    // The browser has told the person more than it tells us.
    if (error instanceof Error && NONE.includes(error.name)) return undefined
    throw error
  }
}

const NONE = ['NotAllowedError', 'InvalidStateError', 'AbortError', 'NotSupportedError', 'SecurityError']
