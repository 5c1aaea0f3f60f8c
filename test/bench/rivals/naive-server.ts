import { createServer } from 'node:http'
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter'
import express from 'express'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'
import { createRecord, readRecord, toChange, updateRecord } from './challenge-records.ts'

// What a good engineer writes in an afternoon from the Socket.IO documentation: a record in Redis, a room per challenge,
// the Redis adapter so that a second instance could be added (ADAPTER=sharded: its form on sharded pub/sub). Default options
// throughout. No tokens, no versions.

const pubClient = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')
const subClient = pubClient.duplicate()

const app = express()
app.use(express.json())

const httpServer = createServer(app)
const toAdapter = process.env.ADAPTER === 'sharded' ? createShardedAdapter : createAdapter
const io = new Server(httpServer, { adapter: toAdapter(pubClient, subClient) })

app.post('/challenges', async (_request, response) => {
  response.status(201).json(await createRecord(pubClient))
})

app.get('/challenges/:id', async (request, response) => {
  const record = await readRecord(pubClient, request.params.id)
  if (!record) response.status(404).json({ error: 'not found' })
  else response.json(record)
})

app.patch('/challenges/:id', async (request, response) => {
  const change = toChange(request.body)
  if (!change) {
    response.status(400).json({ error: 'invalid change' })
    return
  }
  const record = await updateRecord(pubClient, request.params.id, change)
  if (!record) {
    response.status(404).json({ error: 'not found' })
    return
  }
  io.to(record.challenge).emit('status', record)
  response.json(record)
})

io.on('connection', async (socket) => {
  const id = String(socket.handshake.auth.challenge)
  // Joined before the read, so that an update in between is heard rather than missed.
  await socket.join(id)
  const record = await readRecord(pubClient, id)
  if (record) socket.emit('status', record)
  else socket.disconnect(true)
})

httpServer.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1')

process.on('SIGTERM', () => process.exit(0))
