/** A browser's own account of where it takes pushes, and of the keys they are sealed with (RFC 8030, RFC 8291). */
export interface WebSubscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** A native app's phone, as its platform names it, and who hands pushes over to that platform. */
export interface NativeAddress {
  readonly platform: string
  readonly token: string
  /** The application's `pushWebhook`. */
  readonly webhook: string
}

export type PushAddress = WebSubscription | NativeAddress

/**
 * What wakes a phone up. It passes through strangers' hands and is shown on locked screens: it names the challenge, and
 * what that is about is asked of the hub.
 */
export interface Push {
  /** Of this push: a repeat of the same one has the same. */
  readonly id: string
  readonly kind: 'requested' | 'withdrawn'
  readonly challenge: string
  /** Of the challenge: nobody need hear of it later. Epoch milliseconds. */
  readonly expiresAt: number
}

/** Wakes phones up. */
export interface PushCarrier {
  /**
   * Resolves with `taken` when somebody carries it on, or with `gone` when nobody can reach this phone there any more, so
   * that its address is of no further use; rejects with `DeliveryFailed` when it was not taken this time.
   */
  deliver(push: Push, to: PushAddress): Promise<'taken' | 'gone'>
}
