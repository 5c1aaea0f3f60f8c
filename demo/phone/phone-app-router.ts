import express from 'express'
import { ICONS } from './icons.ts'

/** What phones need to put the page among their apps. Its addresses are relative to the demo's own. */
const MANIFEST = {
  name: 'Harbour Bank approvals',
  short_name: 'Harbour',
  description: 'Asks you before anyone gets in.',
  lang: 'en-GB',
  start_url: 'phone',
  scope: 'phone',
  display: 'standalone',
  theme_color: '#0a5c73',
  background_color: '#edf2f3',
  icons: [
    { src: 'assets/harbour.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
    ...[...ICONS.keys()].flatMap((size) =>
      ['any', 'maskable'].map((purpose) => ({
        src: `phone-icon-${size}.png`,
        sizes: `${size}x${size}`,
        type: 'image/png',
        purpose,
      })),
    ),
  ],
}

/** The phone's page as an app: its manifest, its icons, and the worker that hears pushes while it is closed. */
export function phoneAppRouter(pages: string): express.Router {
  const router = express.Router()
  router.get('/phone.webmanifest', (_request, response) => {
    response.setHeader('Cache-Control', 'no-cache')
    response.type('application/manifest+json').send(JSON.stringify(MANIFEST))
  })
  // Beside the page and not among the assets: a worker may speak for what lies beside it or below, and for nothing else.
  router.get('/phone-worker.js', (_request, response) => {
    response.setHeader('Cache-Control', 'no-cache')
    response.sendFile('phone.worker.js', { root: pages, cacheControl: false })
  })
  router.get('/phone-icon-:size.png', (request, response, next) => {
    const icon = ICONS.get(Number(request.params.size))
    if (!icon) return next()
    response.setHeader('Cache-Control', 'public, max-age=86400')
    response.type('png').send(icon)
  })
  return router
}
