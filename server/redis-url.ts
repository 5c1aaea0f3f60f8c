/** Where Redis is, and how it is run. */
export type RedisDeployment = SingleRedis | SentinelRedis | ClusterRedis

/** One server; the address as the client library takes it. */
export interface SingleRedis {
  readonly kind: 'standalone'
  readonly url: string
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

interface Credentials {
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly tls: boolean
}

/** A primary that Sentinels know the address of. */
export interface SentinelRedis extends Credentials {
  readonly kind: 'sentinel'
  readonly sentinels: readonly Endpoint[]
  /** Under what name they know it. */
  readonly master: string
  readonly db: number
  /** The Sentinels' own, which are others than the servers'. */
  readonly sentinelUsername?: string | undefined
  readonly sentinelPassword?: string | undefined
}

/** Some of a cluster's nodes; they tell of the others. */
export interface ClusterRedis extends Credentials {
  readonly kind: 'cluster'
  readonly nodes: readonly Endpoint[]
}

const SHAPE =
  /^redis(?<tls>s?)\+(?<kind>sentinel|cluster):\/\/(?:(?<user>[^@/]*)@)?(?<hosts>[^/?#@]+)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/
const HOST = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[\w.-]+))(?::(?<port>\d{1,5}))?$/i
const REDIS_PORT = 6_379
const SENTINEL_PORT = 26_379

/**
 * Takes `REDIS_URL` apart: `redis://host:port/db`, `redis+sentinel://host:port,host:port/master`,
 * `redis+cluster://host:port,host:port`; `rediss…` for TLS; `user:password@` before the hosts. Throws an `Error` that says
 * what is wrong, and never shows the password.
 */
export function parseRedisUrl(text: string): RedisDeployment {
  if (/^rediss?:/.test(text) && URL.canParse(text)) return { kind: 'standalone', url: text }
  const parts = SHAPE.exec(text)?.groups
  if (!parts) {
    throw new Error(
      'must be like redis://host:6379, redis+sentinel://host:26379,host:26379/master or redis+cluster://host:6379,host:6379',
    )
  }
  const tls = parts.tls === 's'
  const credentials = { ...parseUser(parts.user), tls }
  if (parts.kind === 'cluster') {
    if (parts.path) throw new Error('a cluster has no databases: nothing may follow the hosts')
    demandNoQuery(parts.query, [])
    return { kind: 'cluster', nodes: parseHosts(parts.hosts, REDIS_PORT), ...credentials }
  }
  return {
    kind: 'sentinel',
    sentinels: parseHosts(parts.hosts, SENTINEL_PORT),
    ...parsePath(parts.path),
    ...parseSentinelUser(parts.query),
    ...credentials,
  }
}

function parseHosts(hosts = '', defaultPort: number): Endpoint[] {
  return hosts.split(',').map((host, at) => {
    const parts = HOST.exec(host)?.groups
    const port = Number(parts?.port ?? defaultPort)
    if (!parts || port < 1 || port > 65_535)
      throw new Error(`host number ${at + 1} must be like name:port or [::1]:port`)
    return { host: parts.v6 ?? parts.name ?? '', port }
  })
}

function parseUser(user: string | undefined): { username?: string; password?: string } {
  if (user === undefined) return {}
  const colon = user.indexOf(':')
  const username = decode(colon < 0 ? user : user.slice(0, colon))
  const password = colon < 0 ? '' : decode(user.slice(colon + 1))
  return { ...(username && { username }), ...(password && { password }) }
}

function parsePath(path = ''): { master: string; db: number } {
  const [master = '', db = '0', ...rest] = path.split('/')
  if (!master) throw new Error('must end with the name under which Sentinel knows the primary, like …/mymaster')
  if (!/^\d{1,4}$/.test(db) || rest.length > 0)
    throw new Error('after the name of the primary only a database number may follow')
  return { master: decode(master), db: Number(db) }
}

function parseSentinelUser(query: string | undefined): { sentinelUsername?: string; sentinelPassword?: string } {
  demandNoQuery(query, ['sentinelUsername', 'sentinelPassword'])
  return Object.fromEntries(new URLSearchParams(query))
}

function demandNoQuery(query: string | undefined, known: readonly string[]): void {
  const unknown = [...new URLSearchParams(query).keys()].filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new Error(known.length > 0 ? `knows no parameters but ${known.join(' and ')}` : 'takes no parameters')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('has a % that begins no character: write % itself as %25')
  }
}
