import type { Link } from './link.ts'

/**
 * When the hub sends a socket away, its connection is closed too, unless other namespaces are served over it. A client
 * that leaves by itself keeps its connection: it may be about to enter another namespace.
 */
export function closeWhenUnshared(link: Link): void {
  if (link.sockets === 0) link.close()
}
