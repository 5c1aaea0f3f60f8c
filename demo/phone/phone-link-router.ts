import express from 'express'
import { renderSVG } from 'uqr'
import { parseUser } from '../bank/user.ts'

/**
 * Hands a phone its link: `GET /phone-link?user=anna` goes there, `GET /phone-link/qr.svg?user=anna` draws it.
 * The token stands behind the `#`, which no browser ever sends: no log, proxy or `Referer` sees it.
 */
export function phoneLinkRouter(approverToken: (user: string) => string): express.Router {
  const linkFor = (user: string, request: express.Request) =>
    `${request.baseUrl.replace(/phone-link$/, 'phone')}#${new URLSearchParams({ user, token: approverToken(user) })}`
  const router = express.Router()
  router.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store')
    next()
  })
  router.get('/', (request, response) => {
    const user = parseUser(request.query.user)
    if (!user) return response.sendStatus(400)
    response.redirect(303, linkFor(user, request))
  })
  router.get('/qr.svg', (request, response) => {
    const user = parseUser(request.query.user)
    if (!user) return response.sendStatus(400)
    // The host the page was opened with is the one a phone on the same network can open too.
    const link = `${request.protocol}://${request.host}${linkFor(user, request)}`
    response.type('image/svg+xml').send(renderSVG(link, { ecc: 'L', border: 2 }))
  })
  return router
}
