import { type LookupAddress, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isPublicAddress } from './public-address.ts'

type Resolve = (
  hostname: string,
  options: { all: true; family: number | 'IPv4' | 'IPv6' },
  told: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** Why nothing was sent: the address is one of a network of our own. */
export class AddressNotPublic extends Error {
  override readonly name = 'AddressNotPublic'
  readonly code = 'ADDRESS_NOT_PUBLIC'
}

/**
 * Looks a name up for a connection, and refuses it when any of its addresses is not public. The connection goes to what
 * was looked at here: a name that leads elsewhere a moment later (DNS rebinding) leads nobody there.
 */
export function publicLookup(resolve: Resolve = lookup): LookupFunction {
  return (hostname, options, told) => {
    resolve(hostname, { family: options.family ?? 0, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || !first) return told(error ?? new AddressNotPublic('It has no address.'), '')
      if (!addresses.every(({ address }) => isPublicAddress(address))) {
        return told(new AddressNotPublic('It has an address that is not public.'), '')
      }
      if (options.all) told(null, addresses)
      else told(null, first.address, first.family)
    })
  }
}
