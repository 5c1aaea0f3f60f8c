// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are put in when a message is sent

import type { DeliveryMethod } from '../../delivery/delivery.ts'

/** What messages are about: proving who one is, agreeing to a transaction, and making a device one's own. */
export const TEMPLATE_NAMES = ['strong_authentication', 'transaction', 'device_pairing'] as const

export type TemplateName = (typeof TEMPLATE_NAMES)[number]

/** What a message says; `${otp}` and other variables stand for what is known when it is sent. */
export interface Wording {
  /** Of an e-mail. */
  readonly subject?: string | undefined
  readonly body: string
}

type Wordings = Readonly<Record<TemplateName, Wording>>

const en: Wordings = {
  strong_authentication: {
    subject: 'Your sign-on code',
    body: 'Your sign-on code is ${otp}. It is good for ${minutes} minutes. Nobody will ever ask you for it.',
  },
  transaction: {
    subject: 'Your confirmation code',
    body: 'Your code to confirm is ${otp}. It is good for ${minutes} minutes. Did not ask for it? Then tell us.',
  },
  device_pairing: {
    subject: 'Confirm this address',
    body: 'Your code to add this device is ${otp}. It is good for ${minutes} minutes.',
  },
}

const de: Wordings = {
  strong_authentication: {
    subject: 'Ihr Anmeldecode',
    body: 'Ihr Anmeldecode ist ${otp}. Er gilt ${minutes} Minuten. Niemand wird Sie je danach fragen.',
  },
  transaction: {
    subject: 'Ihr Bestätigungscode',
    body: 'Ihr Code zum Bestätigen ist ${otp}. Er gilt ${minutes} Minuten. Nicht angefordert? Dann melden Sie sich.',
  },
  device_pairing: {
    subject: 'Bitte bestätigen',
    body: 'Ihr Code zum Hinzufügen dieses Geräts ist ${otp}. Er gilt ${minutes} Minuten.',
  },
}

const fr: Wordings = {
  strong_authentication: {
    subject: 'Votre code de connexion',
    body: 'Votre code de connexion est ${otp}. Il est valable ${minutes} minutes. Personne ne vous le demandera jamais.',
  },
  transaction: {
    subject: 'Votre code de confirmation',
    body: 'Votre code de confirmation est ${otp}. Il est valable ${minutes} minutes. Pas demandé ? Prévenez-nous.',
  },
  device_pairing: {
    subject: 'Confirmez cette adresse',
    body: 'Votre code pour ajouter cet appareil est ${otp}. Il est valable ${minutes} minutes.',
  },
}

const es: Wordings = {
  strong_authentication: {
    subject: 'Su código de acceso',
    body: 'Su código de acceso es ${otp}. Vale ${minutes} minutos. Nadie se lo pedirá nunca.',
  },
  transaction: {
    subject: 'Su código de confirmación',
    body: 'Su código para confirmar es ${otp}. Vale ${minutes} minutos. ¿No lo ha pedido? Avísenos.',
  },
  device_pairing: {
    subject: 'Confirme esta dirección',
    body: 'Su código para añadir este dispositivo es ${otp}. Vale ${minutes} minutos.',
  },
}

const BUILT_IN: Readonly<Record<string, Wordings>> = { en, de, fr, es }

/** What Assent itself says; undefined: not in this language. Whatever the road, the words are the same. */
export function builtInWording(name: TemplateName, locale: string, method: DeliveryMethod): Wording | undefined {
  const wording = BUILT_IN[locale]?.[name]
  return wording && (method === 'EMAIL' ? wording : { body: wording.body })
}
