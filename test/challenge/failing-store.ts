import { type CommitResult, type Document, type Kind, type Store, StoreUnavailable } from '../../server/store/store.ts'

/** The store, but one commit of this kind fails: `before` it was kept, or `after`, when only the answer is lost. */
export function failingOnce(store: Store, kind: Kind<Document>, when: 'before' | 'after', skip = 0): Store {
  let commits = 0
  return {
    read: (each, id) => store.read(each, id),
    commit: async (each, id, next, options): Promise<CommitResult> => {
      if (each.name !== kind.name || commits++ !== skip) return store.commit(each, id, next, options)
      if (when === 'after') await store.commit(each, id, next, options)
      throw new StoreUnavailable('cut')
    },
    watch: (each, id, listener) => store.watch(each, id, listener),
    now: () => store.now(),
  }
}
