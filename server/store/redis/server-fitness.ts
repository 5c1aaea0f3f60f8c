/** Oldest Redis with sharded pub/sub. Valkey reports itself as 7.2 or later. */
const OLDEST_MAJOR = 7

export interface Fitness {
  /** Why it can't be used. */
  readonly refusals: readonly string[]
  /** What can be lost, and how that is helped. */
  readonly warnings: readonly string[]
}

/**
 * Judges a server by what it says of itself (`INFO`): does it have what the driver needs, and does it keep what it is
 * given? @param strict refuse what would lose documents by design, as in production
 */
export function judgeServer(info: string, strict: boolean): Fitness {
  const facts = parseInfo(info)
  const refusals: string[] = []
  const warnings: string[] = []
  const version = facts.get('redis_version') ?? 'unknown'
  if (!(Number.parseInt(version, 10) >= OLDEST_MAJOR)) {
    refusals.push(`Redis 7.0 or later (or Valkey) is needed, this one is ${version}`)
  }
  const policy = facts.get('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    const why = `Redis throws documents away when its memory is full (maxmemory-policy ${policy}): set it to noeviction`
    ;(strict ? refusals : warnings).push(why)
  }
  if (facts.get('aof_enabled') === '0') {
    warnings.push(
      'Redis keeps no append-only file: what it acknowledged is lost when it is restarted (set appendonly yes)',
    )
  }
  if (Number(facts.get('connected_slaves')) > 0 && !facts.has('min_slaves_good_slaves')) {
    warnings.push(
      'Redis has replicas but takes writes without them: a failover can undo what was acknowledged (set min-replicas-to-write 1)',
    )
  }
  if (facts.get('aof_last_write_status') === 'err' || facts.get('rdb_last_bgsave_status') === 'err') {
    warnings.push('Redis could not write its files: look at its log and its disk')
  }
  return { refusals, warnings }
}

function parseInfo(info: string): Map<string, string> {
  const lines = info.split('\r\n').filter((line) => line.includes(':'))
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}
