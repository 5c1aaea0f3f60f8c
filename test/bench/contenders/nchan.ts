import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { HttpClient } from '../load/http-client.ts'
import type { Answer } from '../load/http-connection.ts'
import { connectPlainPage } from '../load/plain-page.ts'
import { startProcess } from '../run/child-process.ts'
import type { BenchRedis } from '../run/redis.ts'
import type { Contender, ContenderName, Product } from './contender.ts'
import { isInstalled } from './installed.ts'
import { BACKEND_CONNECTIONS } from './over-http.ts'

const NGINX = process.env.NGINX ?? 'nginx'
const MODULE = process.env.NCHAN_MODULE ?? '/usr/lib/nginx/modules/ngx_nchan_module.so'

/*
 * What a user would pick instead: a publisher location and a subscriber location of nginx. A channel needs no creating, so
 * `open` costs nothing here. It keeps the last status of a channel for as long as a challenge lives, so that whoever
 * connects late still hears it, which is the one promise it shares with the hub: no record to read, no token, no version.
 * Its lifecycle is: a page connects, one status is published, the page hears it and leaves.
 */

export const nchanOnMemory = nchanContender('nchan-memory', 'memory', () => undefined)
export const nchan = nchanContender('nchan', 'Redis', ({ url }) => url)

function nchanContender(
  name: ContenderName,
  store: string,
  redisUrl: (redis: BenchRedis) => string | undefined,
): Contender {
  return {
    name,
    what: `nginx with nchan, on ${store}: keeps the last status, checks no token`,
    inFlight: 64,
    missing: missingNchan,
    start: (redis) => startNchan(name, redis, redisUrl(redis)),
  }
}

function missingNchan(): string | undefined {
  if (existsSync(MODULE) && isInstalled(NGINX)) return undefined
  return 'nginx with nchan is not installed: on Debian, "apt-get install nginx libnginx-mod-nchan"'
}

async function startNchan(name: string, redis: BenchRedis, redisUrl: string | undefined): Promise<Product> {
  const port = await freePort()
  const cwd = await mkdtemp(join(tmpdir(), 'assent-nchan-'))
  await writeFile(join(cwd, 'nginx.conf'), toConfiguration(cwd, port, redisUrl))
  const command = [NGINX, '-p', cwd, '-c', join(cwd, 'nginx.conf'), '-e', join(cwd, 'error.log')]
  const server = await startProcess({ name, seat: 'server', command, port, cwd, ready: takesMessages })
  const backend = new HttpClient(port, BACKEND_CONNECTIONS)
  return {
    pids: [server.pid],
    redisPid: redis.pid,
    collect: () => undefined,
    open: async () => ({ challenge: randomUUID() }),
    update: async (challenge, { challengeStatus, isChallengeComplete = false }) => {
      const body = { challenge, challengeStatus, isChallengeComplete }
      const answer = await backend.send('POST', `/publish/${challenge}`, body)
      if (!isTaken(answer)) throw new Error(`POST /publish/…: ${answer.status} ${answer.body.slice(0, 200)}`)
    },
    connect: ({ challenge }) => connectPlainPage({ port, path: `/wait/${challenge}`, isGreeted: false }),
    stop: async () => {
      backend.close()
      await server.stop()
      await rm(cwd, { recursive: true, force: true })
    },
  }
}

/** 201: somebody was subscribed; 202: nobody was, or Redis does not know of them yet. */
function isTaken({ status }: Answer): boolean {
  return status === 201 || status === 202
}

/** It listens before it has reached Redis. */
async function takesMessages(port: number): Promise<boolean> {
  const http = new HttpClient(port, 1)
  try {
    return isTaken(await http.send('POST', '/publish/ready', {}))
  } catch {
    return false
  } finally {
    http.close()
  }
}

function toConfiguration(cwd: string, port: number, redisUrl: string | undefined): string {
  const store = redisUrl === undefined ? '' : 'nchan_redis_pass store;'
  return `
load_module ${MODULE};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${cwd}/nginx.pid;
error_log ${cwd}/error.log crit;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 19900; }
http {
  access_log off;
  client_body_temp_path ${cwd}/body;
  proxy_temp_path ${cwd}/proxy;
  fastcgi_temp_path ${cwd}/fastcgi;
  uwsgi_temp_path ${cwd}/uwsgi;
  scgi_temp_path ${cwd}/scgi;
  keepalive_requests 1000000000;
  nchan_shared_memory_size 512M;
  nchan_message_timeout 300s;
  nchan_message_buffer_length 1;
  ${redisUrl === undefined ? '' : `upstream store { nchan_redis_server ${redisUrl}; }`}
  server {
    listen 127.0.0.1:${port};
    location ~ ^/publish/(.+)$ { nchan_publisher; nchan_channel_id $1; ${store} }
    location ~ ^/wait/(.+)$ { nchan_subscriber websocket; nchan_channel_id $1; ${store} }
  }
}
`
}
