import { filled, given, named } from './given.ts'
import type { CreateAuthenticationCodeInput } from './inputs.ts'

/** Create Authentication Code's flat inputs, as the hub takes them. */
export function toCodeBody(input: CreateAuthenticationCodeInput): object {
  return {
    ...filled({
      application: named(input.customAuthenticatingApplicationId, input.authenticatingApplicationId),
      lifeTime: toLifeTime(input),
      userApproval: input.userApproval,
      clientContext: input.clientContext,
    }),
  }
}

const DIGITS = /^\s*\d+\s*$/

/** A duration is a text field in flows; what is no number is the hub's to refuse. */
function toLifeTime({ duration, timeUnit }: CreateAuthenticationCodeInput): object | undefined {
  const wanted = given(duration)
  if (wanted === undefined) return undefined
  const number = typeof wanted === 'string' && DIGITS.test(wanted) ? Number(wanted) : wanted
  return { duration: number, timeUnit: given(timeUnit) ?? 'SECONDS' }
}
