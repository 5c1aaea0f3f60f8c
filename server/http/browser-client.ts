import { fileURLToPath } from 'node:url'
import express, { type Router } from 'express'

/** What `npm run build:browser` made; the same place whether this file runs compiled or as it stands. */
const BUNDLE = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/browser/assent.js' : '../../browser/assent.js',
    import.meta.url,
  ),
)

/** The client for browsers, `/assent.js`, so that a page needs one tag and no build. Pages of any origin may load it. */
export function browserClient(): Router {
  const router = express.Router()
  router.get('/assent.js', (_request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
    response.sendFile(BUNDLE, { maxAge: '10m' })
  })
  return router
}
