import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import proxyAddr from 'proxy-addr'

/** An address a proxy told us is not always one; whatever it is, it is not kept longer than this. Characters. */
const LONGEST_ADDRESS = 64

/** Tells whose request this is: one answer for HTTP, for Express and for handshakes. */
export type AddressOf = (request: IncomingMessage) => string

/**
 * The address that limits count by: the peer's, or, where the peer is a trusted proxy, the nearest one in
 * `X-Forwarded-For` that is not. Of IPv6 the network (/64), because whoever has one address has all of those.
 * @param trustProxy proxies that are believed, as CIDRs
 */
export function clientAddress(trustProxy: readonly string[]): AddressOf {
  if (trustProxy.length === 0) return (request) => networkOf(request.socket.remoteAddress ?? '')
  const trust = proxyAddr.compile([...trustProxy])
  // proxy-addr can't read a peer that has hung up already.
  return (request) => networkOf(request.socket.remoteAddress === undefined ? '' : proxyAddr(request, trust))
}

/** Tells whether a peer is one of the trusted proxies. */
export function isProxy(trustProxy: readonly string[]): (address: string) => boolean {
  if (trustProxy.length === 0) return () => false
  const trust = proxyAddr.compile([...trustProxy])
  return (address) => trust(address, 0)
}

function networkOf(address: string): string {
  if (!address.includes(':')) return address.slice(0, LONGEST_ADDRESS)
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address.slice(0, LONGEST_ADDRESS)
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // A dotted end stands for two groups, all of them in the second half.
  const dotted = after.at(-1)?.includes('.') || before.at(-1)?.includes('.') ? 1 : 0
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - dotted - before.length - after.length)
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
