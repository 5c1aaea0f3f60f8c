/** What the element says by itself. A page replaces any by an attribute, `text-waiting="…"`; `{}` is where the time goes. */
export const TEXTS: ReadonlyMap<string, string> = new Map([
  ['waiting', 'Waiting for the answer on your phone'],
  ['number', 'Type this number on your phone'],
  ['left', '{} left'],
  ['answered', 'Answered, {}'],
  ['polling', 'Live connection blocked: checking every few seconds'],
  ['offline', 'No connection: trying again'],
  ['failed', 'This page can wait no longer. Please start again.'],
  ['continue', 'Continue'],
])

/** The same for the words a challenge can carry: `status-denied="…"`, and any custom one, `status-parcel_sent="…"`. */
export const STATUS_TEXTS: ReadonlyMap<string, string> = new Map([
  ['approved', 'Approved, {}'],
  ['denied', 'Denied, {}'],
  ['timed_out', 'Nobody answered in time'],
])
