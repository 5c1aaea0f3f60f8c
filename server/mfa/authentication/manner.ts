/** How an authentication is begun, as no body of a request can say. */
export interface Manner {
  /** The challenge it will be, where that was settled before: whoever else begins it at the same moment begins the same one. */
  readonly id?: string | undefined
  /** What whoever begins it wants to be told again. */
  readonly memo?: Memo | undefined
  /** Nobody is asked anything before a device has been selected, even where there is but one. */
  readonly asksWhich?: boolean | undefined
  /** It takes the place of whichever was the user's only one before. */
  readonly isSole?: boolean | undefined
  /** It is only opened: nobody is asked anything, nor looked for to be asked, until it is begun. */
  readonly isDeferred?: boolean | undefined
  /** One device is selected, once, and nothing is sent anew: with the code that it was sent the authentication is over. */
  readonly isOneChance?: boolean | undefined
  /** No device is asked: a person reads characters off a picture. It proves that there is one, and nothing else. */
  readonly isByPicture?: boolean | undefined
}

/** What a dialect keeps with an authentication that it began: its name, and whatever else, which the engine does not read. */
export interface Memo {
  readonly of: string
  readonly [name: string]: string | undefined
}
