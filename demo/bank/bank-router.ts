import express from 'express'
import type { Bank } from './bank.ts'
import { deviceRouter } from './device-router.ts'
import { sayWhyNot } from './say-why-not.ts'
import { sessionRouter } from './session-router.ts'
import { signOnRouter } from './sign-on-router.ts'
import { stepUpRouter } from './step-up-router.ts'
import { transferRouter } from './transfer-router.ts'

/**
 * The bank's own backend. It alone speaks to the hub with a backend's token; its page only ever gets a wait token. All
 * it remembers is in cookies, so that any instance of it can go on where another one began.
 */
export function bankRouter(bank: Bank): express.Router {
  const router = express.Router()
  router.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store')
    next()
  })
  router.use(express.json({ limit: '32kb' }))
  router.use('/sign-ons', signOnRouter(bank))
  router.use('/sessions', sessionRouter(bank))
  router.use('/devices', deviceRouter(bank))
  router.use('/transfers', transferRouter(bank))
  router.use('/step-ups', stepUpRouter(bank))
  router.use(sayWhyNot)
  return router
}
