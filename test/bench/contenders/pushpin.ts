import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { answering, HttpClient } from '../load/http-client.ts'
import { connectPlainPage } from '../load/plain-page.ts'
import { startProcess } from '../run/child-process.ts'
import { COMPILED } from '../run/compile.ts'
import type { BenchRedis } from '../run/redis.ts'
import type { Contender, Product } from './contender.ts'
import { isInstalled } from './installed.ts'
import { startNodeServer } from './node-server.ts'
import { BACKEND_CONNECTIONS } from './over-http.ts'

const PROGRAMS = ['pushpin', 'zurl']

/*
 * A proxy that holds the sockets and asks an origin, over HTTP, what each is to be subscribed to; updates are published to
 * its own port. It keeps nothing: what is published while nobody is subscribed is gone. Counted are its processes, the
 * client it asks with (zurl) and the origin, a few lines on node:http.
 */
export const pushpin: Contender = {
  name: 'pushpin',
  what: 'Pushpin with an origin on node:http: keeps nothing, checks no token',
  inFlight: 64,
  missing: () =>
    PROGRAMS.every(isInstalled) ? undefined : 'Pushpin is not installed: on Debian, "apt-get install pushpin"',
  start: startPushpin,
}

async function startPushpin(redis: BenchRedis): Promise<Product> {
  const [port, publishPort] = [await freePort(), await freePort()]
  const cwd = await mkdtemp(join(tmpdir(), 'assent-pushpin-'))
  const origin = await startNodeServer({ name: 'origin', script: COMPILED.pushpinOrigin, redis })
  await writeFile(join(cwd, 'zurl.conf'), zurlConfiguration(cwd))
  await writeFile(join(cwd, 'pushpin.conf'), pushpinConfiguration(cwd, publishPort))
  const zurl = await startProcess({
    name: 'zurl',
    seat: 'server',
    command: ['zurl', `--config=${cwd}/zurl.conf`, `--logfile=${cwd}/zurl.log`, '--loglevel=0'],
    port,
    cwd,
    // It listens on no port: Pushpin's readiness shows its own.
    ready: async () => true,
  })
  const command = ['pushpin', `--config=${cwd}/pushpin.conf`, `--port=127.0.0.1:${port}`]
  const route = `--route=* 127.0.0.1:${origin.port},over_http`
  const server = await startProcess({
    name: 'pushpin',
    seat: 'server',
    command: [...command, route, `--logfile=${cwd}/pushpin.log`],
    port,
    cwd,
    ready: () => letsIn(port),
  })
  const backend = new HttpClient(publishPort, BACKEND_CONNECTIONS)
  return {
    pids: [server.pid, zurl.pid, origin.pid],
    redisPid: redis.pid,
    collect: () => void process.kill(origin.pid, 'SIGUSR2'),
    open: async () => ({ challenge: randomUUID() }),
    update: async (challenge, { challengeStatus, isChallengeComplete = false }) => {
      const content = JSON.stringify({ challenge, challengeStatus, isChallengeComplete })
      const body = { items: [{ channel: challenge, formats: { 'ws-message': { content } } }] }
      await answering(200, 'POST /publish/', backend.send('POST', '/publish/', body))
    },
    connect: ({ challenge }) => connectPlainPage({ port, path: `/wait/${challenge}`, isGreeted: true }),
    stop: async () => {
      backend.close()
      await server.stop()
      await Promise.all([zurl.stop(), origin.stop()])
      await rm(cwd, { recursive: true, force: true })
    },
  }
}

/** All its parts have found one another when it lets somebody in. */
async function letsIn(port: number): Promise<boolean> {
  try {
    const page = await connectPlainPage({ port, path: '/wait/ready', isGreeted: true })
    page.close()
    return true
  } catch {
    return false
  }
}

function zurlConfiguration(cwd: string): string {
  const spec = (name: string) => `ipc://${cwd}/zurl-${name}`
  return `[General]
in_spec=${spec('in')}
in_stream_spec=${spec('in-stream')}
out_spec=${spec('out')}
in_req_spec=${spec('req')}
ipc_file_mode=660
defpolicy=allow
allow=
deny=
max_open_requests=10000
buffer_size=200000
timeout=600
in_hwm=1000
out_hwm=1000
`
}

/** No `message_rate`: with one, this version holds messages back for as long as others keep coming. */
function pushpinConfiguration(cwd: string, publishPort: number): string {
  return `[global]
include={libdir}/internal.conf
rundir=${cwd}
ipc_prefix=pushpin-
port_offset=0
[runner]
services=condure,pushpin-proxy,pushpin-handler
logdir=${cwd}
log_level=0
client_buffer_size=8192
client_maxconn=19000
[proxy]
zurl_out_specs=ipc://${cwd}/zurl-in
zurl_out_stream_specs=ipc://${cwd}/zurl-in-stream
zurl_in_specs=ipc://${cwd}/zurl-out
sig_key=changeme
updates_check=off
[handler]
push_in_spec=ipc://${cwd}/push-in
push_in_sub_specs=ipc://${cwd}/push-sub
push_in_http_addr=127.0.0.1
push_in_http_port=${publishPort}
push_in_http_max_headers_size=10000
push_in_http_max_body_size=1000000
stats_spec=ipc://${cwd}/stats
command_spec=ipc://${cwd}/command
`
}
