/** The browser bundle: what a page needs, and `<assent-waiting>` registered. A backend's part has no place in a page. */
import { defineAssentWaiting } from './element/assent-waiting.ts'

export { AssentError } from './assent-error.ts'
export { connectApprover } from './connect-approver.ts'
export { AssentWaiting } from './element/assent-waiting.ts'
export { waitForStatus } from './wait-for-status.ts'

defineAssentWaiting()
