/** By which road a message leaves the house. */
export type DeliveryMethod = 'EMAIL' | 'SMS' | 'VOICE'

/** What a person is to be told. */
export interface Message {
  /** Of this message: a repeat of the same one has the same. */
  readonly id: string
  readonly method: DeliveryMethod
  /** An e-mail address, or a phone number in E.164. */
  readonly to: string
  /** What is dialled once somebody answers: digits, `#`, `*`, and a comma for each pause. */
  readonly extension?: string | undefined
  /** Of an e-mail. */
  readonly subject?: string | undefined
  readonly text: string
  /** Of the text: BCP 47. */
  readonly locale: string
}

/** Hands messages over to whoever carries them on. */
export interface Carrier {
  /** Resolves when it was taken over; rejects with `DeliveryFailed` when not. */
  deliver(message: Message): Promise<void>
}

/** Why a message could not be handed over; for the log, never for whoever asked. */
export class DeliveryFailed extends Error {
  override readonly name = 'DeliveryFailed'
  /** What the provider answered, where it did: an HTTP status. */
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

/** Which carrier takes which messages; none: such messages can't be sent. */
export type Carriers = Readonly<Partial<Record<DeliveryMethod, Carrier>>>
