import { answering, expecting, HttpClient } from '../load/http-client.ts'
import type { Page } from '../load/page.ts'
import type { RunningProcess } from '../run/child-process.ts'
import type { BenchRedis } from '../run/redis.ts'
import type { Opened, Product } from './contender.ts'

/** As many requests in flight as a busy backend's connection pool would allow. */
export const BACKEND_CONNECTIONS = 64

export interface HttpProduct {
  /** Instances of one server, behind what stands for a balancer: requests go to any, pages to each in turn. */
  servers: readonly RunningProcess[]
  redis: BenchRedis
  path: string
  credentials?: Record<string, string>
  connect(opened: Opened, port: number): Promise<Page>
  /** Everything about a challenge goes to the instance that opened it: they have nothing to tell each other. */
  isApart?: boolean
}

/** The servers on Node are all asked in the same words; only the path, the credentials and the way a page waits differ. */
export function overHttp({ servers, redis, path, credentials, connect, isApart = false }: HttpProduct): Product {
  const backends = servers.map(({ port }) => new HttpClient(port, BACKEND_CONNECTIONS, credentials))
  // At random: an update must not always meet the instance its page is on.
  const anyone = () => Math.floor(Math.random() * servers.length)
  const homes = new Map<string, number>()
  const backendOf = (challenge: string) => backends[homes.get(challenge) ?? anyone()] as HttpClient
  let pages = 0
  return {
    pids: servers.map(({ pid }) => pid),
    redisPid: redis.pid,
    collect: () => {
      for (const { pid } of servers) process.kill(pid, 'SIGUSR2')
    },
    open: async () => {
      const home = anyone()
      const opened = await expecting<Opened>(201, `POST ${path}`, (backends[home] as HttpClient).send('POST', path, {}))
      if (isApart) homes.set(opened.challenge, home)
      return opened
    },
    update: async (challenge, change) => {
      await answering(200, `PATCH ${path}/…`, backendOf(challenge).send('PATCH', `${path}/${challenge}`, change))
    },
    connect: (opened) => {
      const home = homes.get(opened.challenge) ?? pages++ % servers.length
      return connect(opened, (servers[home] as RunningProcess).port)
    },
    stop: async () => {
      for (const backend of backends) backend.close()
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}
