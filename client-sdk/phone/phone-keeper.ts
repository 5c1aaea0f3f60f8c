import type { PublicKey } from '../../server/protocol/statement.ts'

/** What a phone knows of whom it belongs to. */
export interface Pairing {
  readonly deviceId: string
  /** The user's id. */
  readonly user: string
  /** The deployment's id. */
  readonly environment: string
  /** What it makes codes from when no push reaches it: base32, and seconds. */
  readonly otp: { readonly secret: string; readonly period: number }
}

/** What a phone keeps for as long as it is paired. */
export interface KeptPhone {
  /** ES256; the private one can't be read out, by nobody. */
  readonly keys: CryptoKeyPair
  readonly publicKey: PublicKey
  /** Absent: it is about to be paired. */
  readonly pairing?: Pairing | undefined
  /** The key with which it is about to be paired anew. Until that is done, it belongs to whom it belonged. */
  readonly next?: Pick<KeptPhone, 'keys' | 'publicKey'> | undefined
}

/** Where a phone keeps its key. It outlives the page. */
export interface PhoneKeeper {
  load(): Promise<KeptPhone | undefined>
  save(kept: KeptPhone): Promise<void>
  clear(): Promise<void>
}

/** For as long as the program runs: for tests, and for whoever keeps keys elsewhere. */
export function memoryKeeper(): PhoneKeeper {
  let kept: KeptPhone | undefined
  return {
    load: async () => kept,
    async save(next) {
      kept = next
    },
    async clear() {
      kept = undefined
    },
  }
}

const STORE = 'phone'
const THIS = 'this'

/** In the browser's IndexedDB, which holds keys without ever showing them. @param name another one for each phone of an origin */
export function browserKeeper(name = 'assent-phone'): PhoneKeeper {
  const inStore = async <Result>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<Result>) => {
    const database = await open(name)
    try {
      return await settled(act(database.transaction(STORE, mode).objectStore(STORE)))
    } finally {
      database.close()
    }
  }
  return {
    load: () => inStore('readonly', (store) => store.get(THIS) as IDBRequest<KeptPhone | undefined>),
    async save(kept) {
      await inStore('readwrite', (store) => store.put(kept, THIS))
    },
    async clear() {
      await inStore('readwrite', (store) => store.delete(THIS))
    },
  }
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1)
  request.onupgradeneeded = () => request.result.createObjectStore(STORE)
  return settled(request)
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
