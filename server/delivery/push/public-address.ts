import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Addresses that lead to nobody in particular, or into a network of somebody's own (IANA's special-purpose registry). */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const

/** Documentation, and tunnels, which carry an IPv4 address nobody has looked at. */
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const

/** An IPv4 address, as networks that speak IPv6 only write it (RFC 6052). */
const NAT64 = '64:ff9b::'
const NAT64_BITS = 96

const special = new BlockList()
for (const [network, bits] of SPECIAL_IPV4) {
  special.addSubnet(network, bits, 'ipv4')
  special.addSubnet(`${NAT64}${network}`, NAT64_BITS + bits, 'ipv6')
}
for (const [network, bits] of SPECIAL_IPV6) special.addSubnet(network, bits, 'ipv6')

/** All of IPv6 that may be anybody's. */
const common = new BlockList()
common.addSubnet('2000::', 3, 'ipv6')
common.addSubnet(NAT64, NAT64_BITS, 'ipv6')

/** Whether it is the address of a machine on the internet, and not of one beside us. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4')
  // One with a zone is of this link, and the lists can't read it.
  if (!isIPv6(address) || address.includes('%')) return false
  return common.check(address, 'ipv6') && !special.check(address, 'ipv6')
}
