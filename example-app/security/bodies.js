// What a request may bring along: a form, or JSON.
import { json, Router, urlencoded } from 'express'
import { ChatError } from '../chat/errors.js'

const TYPES = ['application/x-www-form-urlencoded', 'application/json']
/** Of a message of the greatest length, in which each character takes twelve bytes once it is encoded. */
const LIMIT = '32kb'

export function readBody() {
  const router = Router()
  router.use(assertKnownType)
  router.use(urlencoded({ extended: false, limit: LIMIT }))
  router.use(json({ limit: LIMIT }))
  return router
}

/** An unknown type would leave an empty body behind, and the complaint would be about its fields. */
function assertKnownType(req, _res, next) {
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
  if (!hasBody || req.is(TYPES)) return next()
  next(new ChatError(415, 'WRONG_TYPE', 'Send a form (application/x-www-form-urlencoded) or JSON (application/json).'))
}
