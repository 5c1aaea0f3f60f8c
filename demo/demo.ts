import { fileURLToPath } from 'node:url'
import express from 'express'
import { createBackend, createMfa, createStepUp } from '../client-sdk/index.ts'
import { bankRouter } from './bank/bank-router.ts'
import { createSeals } from './bank/seals.ts'
import { phoneAppRouter } from './phone/phone-app-router.ts'

export interface DemoOptions {
  /** Signs the bank's sessions: the same wherever the demo is served beside this. */
  readonly sessionKey: Buffer
  /** Where the bank's backend reaches the hub, e.g. `http://127.0.0.1:3000`. */
  readonly hubUrl: () => string
  /** A fresh token with `challenges:write` and `mfa:write`. */
  readonly backendToken: () => string
}

/**
 * A bank that asks a phone, and the phone. The bank is a customer of the hub like any other: it speaks HTTP to it, and
 * shares nothing with it but the address. It knows no passwords, so whoever gives a name first has it: never mount it in
 * production.
 */
export function demoRouter(options: DemoOptions): express.Router {
  const router = express.Router()
  router.get('/', (request, response) => {
    // The pages' links are relative, and "/demo" without its slash would send them astray.
    if (!request.originalUrl.split('?', 1)[0]?.endsWith('/')) return response.redirect(`${request.baseUrl}/`)
    sendPage(response, 'bank.html')
  })
  router.get('/phone', (_request, response) => sendPage(response, 'phone.html'))
  router.use(phoneAppRouter(PAGES))
  const hub = () => {
    const access = { url: options.hubUrl(), token: options.backendToken() }
    return { backend: createBackend(access), mfa: createMfa(access), stepUp: createStepUp(access) }
  }
  router.use('/bank', bankRouter({ hub, seals: createSeals(options.sessionKey) }))
  router.use('/assets', express.static(PAGES, { index: false, cacheControl: false, setHeaders: keepFresh }))
  return router
}

/** What `npm run build:demo` made of `demo/pages/`; the same place whether this file runs compiled or as it stands. */
const PAGES = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../dist/browser/demo' : '../browser/demo', import.meta.url),
)

function sendPage(response: express.Response, page: string): void {
  keepFresh(response)
  response.sendFile(page, { root: PAGES, cacheControl: false })
}

function keepFresh(response: express.Response): void {
  response.setHeader('Cache-Control', 'no-cache')
}
