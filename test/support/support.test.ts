import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { startRedis } from './redis-server.ts'
import { type KindOf, startProxy, type TcpProxy } from './tcp-proxy.ts'

describe('redis-server', () => {
  it('forgets what it held when it is killed, and keeps it with appendonly', async () => {
    for (const appendonly of [false, true]) {
      await using redis = await startRedis({ appendonly, args: ['--appendfsync', 'always'] })
      await redis.cli('set', 'key', 'value')
      const { pid } = redis
      await redis.kill()
      await expect(redis.cli('get', 'key')).rejects.toThrow(/refused/)
      await redis.restart()
      expect(redis.pid).not.toBe(pid)
      expect(await redis.cli('get', 'key')).toBe(appendonly ? 'value' : '')
    }
  })

  it('answers nobody while it is frozen', async () => {
    await using redis = await startRedis()
    redis.freeze()
    let answered = false
    const asking = redis.cli('ping').finally(() => {
      answered = true
    })
    // Another one started meanwhile answers: so had this one, were it not frozen.
    await using witness = await startRedis()
    expect(await witness.cli('ping')).toBe('PONG')
    expect(answered).toBe(false)
    redis.thaw()
    expect(await asking).toBe('PONG')
  })

  it('ends with whoever started it, even when that one is killed', async () => {
    const module = JSON.stringify(fileURLToPath(new URL('./redis-server.ts', import.meta.url)))
    const code = `const { startRedis } = await import(${module}); console.log((await startRedis()).pid); setInterval(() => {}, 1e3)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(child.stdout, 'data')
    const pid = Number(line)
    expect(isAlive(pid)).toBe(true)
    child.kill('SIGKILL')
    await eventually(() => expect(isAlive(pid)).toBe(false))
  })
})

describe('tcp proxy', () => {
  it.each([0, 2, 10])('keeps the order of thousands of chunks, each %i ms late', async (ms) => {
    const proxy = await proxyToEcho()
    proxy.delay({ toClient: ms })
    const client = await connectTo(proxy)
    const sent: string[] = []
    const began = performance.now()
    for (let count = 0; count < 5_000; count++) {
      const chunk = `${count} `
      sent.push(chunk)
      client.write(chunk)
      if (count % 50 === 0) await new Promise(setImmediate)
    }
    const wanted = sent.join('')
    await eventually(() => client.received().length === wanted.length)
    expect(client.received()).toBe(wanted)
    expect(performance.now() - began).toBeGreaterThanOrEqual(ms)
  })

  it('lets nothing overtake what is still under way when the delay shrinks', async () => {
    const proxy = await proxyToEcho()
    const client = await connectTo(proxy)
    proxy.delay({ toClient: 50 })
    client.write('first ')
    await eventually(() => expect(proxy.connections).toBe(1))
    proxy.delay({ toClient: 10 })
    client.write('second ')
    proxy.delay(0)
    client.write('third')
    await eventually(() => expect(client.received()).toBe('first second third'))
  })

  it('cuts, refuses and accepts', async () => {
    const proxy = await proxyToEcho()
    const client = await connectTo(proxy)
    await proxy.refuse()
    client.write('still open')
    await eventually(() => expect(client.received()).toBe('still open'))
    await expect(connectTo(proxy)).rejects.toThrow(/ECONNREFUSED/)
    proxy.cut()
    await eventually(() => expect(client.isClosed()).toBe(true))
    await eventually(() => expect(proxy.connections).toBe(0))
    await proxy.accept()
    const again = await connectTo(proxy)
    again.write('back')
    await eventually(() => expect(again.received()).toBe('back'))
  })

  it('swallows bytes without a word, on old connections for good and on new ones while it lasts', async () => {
    const proxy = await proxyToEcho()
    const old = await connectTo(proxy)
    proxy.blackhole(true)
    const middle = await connectTo(proxy)
    old.write('lost')
    middle.write('lost')
    await eventually(() => expect(proxy.connections).toBe(2))
    proxy.blackhole(false)
    const fresh = await connectTo(proxy)
    old.write('lost')
    fresh.write('kept')
    await eventually(() => expect(fresh.received()).toBe('kept'))
    expect([old.received(), middle.received()]).toEqual(['', ''])
    expect([old.isClosed(), middle.isClosed()]).toEqual([false, false])
  })

  it('strikes connections of one kind only, which they show by what they send', async () => {
    const proxy = await proxyToEcho((chunk) => (chunk.includes('I listen') ? 'listener' : undefined))
    const [listener, talker] = [await connectTo(proxy), await connectTo(proxy)]
    listener.write('I listen')
    talker.write('I talk')
    await eventually(() => expect([listener.received(), talker.received()]).toEqual(['I listen', 'I talk']))
    expect(proxy.opened('listener')).toBe(1)

    expect(proxy.blackhole(true, 'listener')).toBe(1)
    const late = await connectTo(proxy)
    listener.write(', lost')
    late.write('I listen, lost')
    talker.write(', kept')
    await eventually(() => expect(talker.received()).toBe('I talk, kept'))
    await eventually(() => expect(proxy.opened('listener')).toBe(2))
    expect([listener.received(), late.received()]).toEqual(['I listen', ''])

    proxy.blackhole(false)
    expect(proxy.cut('listener')).toBe(2)
    await eventually(() => expect([listener.isClosed(), late.isClosed()]).toEqual([true, true]))
    talker.write('!')
    await eventually(() => expect(talker.received()).toBe('I talk, kept!'))
  })

  it('passes, drops and rewrites what the server says', async () => {
    const proxy = await proxyToEcho()
    const client = await connectTo(proxy)
    const said: string[] = []
    proxy.filter((chunk) => {
      said.push(String(chunk))
      return said.length === 1 ? false : Buffer.from(String(chunk).toUpperCase())
    })
    client.write('one')
    await eventually(() => expect(said).toEqual(['one']))
    client.write('two')
    await eventually(() => expect(client.received()).toBe('TWO'))
    proxy.filter()
    client.write('three')
    await eventually(() => expect(client.received()).toBe('TWOthree'))
  })
})

async function proxyToEcho(kindOf?: KindOf): Promise<TcpProxy> {
  const echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket))
  const port = await freePort()
  await new Promise<void>((resolve) => echo.listen(port, '127.0.0.1', resolve))
  const proxy = await startProxy(port, { kindOf })
  onTestFinished(async () => {
    await proxy.stop()
    echo.close()
  })
  return proxy
}

async function connectTo(proxy: TcpProxy) {
  const socket = connect(proxy.port, '127.0.0.1')
  let received = ''
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    received += chunk
  })
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  return {
    write: (text: string) => void socket.write(text),
    received: () => received,
    isClosed: () => socket.closed,
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
