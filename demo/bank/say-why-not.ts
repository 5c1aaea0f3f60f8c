import type { NextFunction, Request, Response } from 'express'
import { ZodError } from 'zod'
import { AssentError, AssentMfaError } from '../../client-sdk/index.ts'

/**
 * A hub that is away for a moment is no fault of this code: the page tries again. What the hub refuses for a reason that a
 * person can do something about is told to them; express knows an error handler by its four parameters.
 */
export function sayWhyNot(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) return next(error)
  if (error instanceof ZodError) return void response.sendStatus(400)
  if (!(error instanceof AssentError)) return next(error)
  if (error.code === 'unreachable' || error.status === 503) {
    return void response.status(503).json({ outcome: 'unavailable' })
  }
  if (!isForThePerson(error)) return next(error)
  const [detail] = error instanceof AssentMfaError ? error.details : []
  const attemptsRemaining = detail?.innerError?.attemptsRemaining ?? error.attemptsRemaining
  response.status(error.status ?? 400).json({
    outcome: detail?.code ?? error.code,
    ...(attemptsRemaining !== undefined && { attemptsRemaining }),
  })
}

/** A token that is not accepted is the bank's own trouble. */
function isForThePerson({ status }: AssentError): boolean {
  return status !== undefined && [400, 404, 409, 422, 429].includes(status)
}
