import express from 'express'
import { Redis } from 'ioredis'
import { createRecord, readRecord, toChange, updateRecord } from './challenge-records.ts'

// What every product that shows a waiting page does today: the same record, and a page that asks for it again and again.

const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')

const app = express()
app.use(express.json())

app.post('/challenges', async (_request, response) => {
  response.status(201).json(await createRecord(redis))
})

app.get('/challenges/:id', async (request, response) => {
  const record = await readRecord(redis, request.params.id)
  if (!record) response.status(404).json({ error: 'not found' })
  else response.json(record)
})

app.patch('/challenges/:id', async (request, response) => {
  const change = toChange(request.body)
  if (!change) {
    response.status(400).json({ error: 'invalid change' })
    return
  }
  const record = await updateRecord(redis, request.params.id, change)
  if (!record) response.status(404).json({ error: 'not found' })
  else response.json(record)
})

app.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1')

process.on('SIGTERM', () => process.exit(0))
