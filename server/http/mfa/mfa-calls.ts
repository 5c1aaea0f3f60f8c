import type { Limits } from '../../limits/limits.ts'
import { applications } from '../../mfa/applications.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { notificationPolicies } from '../../mfa/notifications/notification-policies.ts'
import { devicePolicies } from '../../mfa/policies.ts'
import type { Endpoint } from '../endpoint.ts'
import { authenticationCalls } from './authentication-calls.ts'
import { authenticationCodeCalls } from './authentication-code-calls.ts'
import { listingCalls } from './listing-calls.ts'
import { mfaEndpoints } from './mfa-endpoint.ts'
import { oathTokenCalls } from './oath-token-calls.ts'
import { pairingKeyCalls, phoneCalls } from './pairing-calls.ts'
import { settingsCalls } from './settings-calls.ts'
import { templateCalls } from './template-calls.ts'
import { userCalls } from './user-calls.ts'

/** Every MFA call. */
export function mfaCalls(context: MfaContext, limits: Limits): readonly Endpoint[] {
  return mfaEndpoints(context, [
    ...userCalls(context),
    ...authenticationCalls(context, limits),
    ...authenticationCodeCalls(context, limits),
    ...pairingKeyCalls(context),
    ...phoneCalls(context, limits),
    ...oathTokenCalls(context),
    ...settingsCalls(context),
    ...templateCalls(context),
    ...listingCalls(context, '/v1/deviceAuthenticationPolicies', devicePolicies),
    ...listingCalls(context, '/v1/notificationPolicies', notificationPolicies),
    ...listingCalls(context, '/v1/applications', applications),
  ])
}
