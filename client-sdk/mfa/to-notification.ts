import { filled, type Given, given, named } from './given.ts'
import type { NotificationInput, Switch, TestModeInput, Variables } from './inputs.ts'

/** How the person is told, as the hub takes it; undefined: as usual. */
export function toNotification(
  input: NotificationInput & { readonly authTemplateName?: Given<string>; readonly clientContext?: Given<Variables> },
): object | undefined {
  return filled({
    policy: named(input.customNotificationPolicyId, input.notificationPolicyId),
    template: filled({
      name: input.authTemplateName,
      variant: given(input.customTemplateVariant, input.templateVariant),
      locale: input.templateLocale,
      variables: input.templateVariables,
    }),
    clientContext: input.clientContext,
  })
}

/** Seed 001 has two switches that mean one thing, and both wherever one is. What is neither is the hub's to refuse. */
export function toTestMode({ createDeviceTestMode, oneTimeDeviceTestMode }: TestModeInput): Switch {
  const both = [createDeviceTestMode, oneTimeDeviceTestMode]
  return both.includes(true) || both.includes('true') || given<boolean | 'true' | 'false'>(...both)
}
