import { STATUS_CODES } from 'node:http'
import { errorPage } from '../views/error.js'

export function notFound(_req, res) {
  res.status(404).send(errorPage(404, 'There is no such page.'))
}

/** Express knows an error handler by its four parameters. */
export function handleError(error, _req, res, next) {
  if (res.headersSent) return next(error)
  const status = error.status >= 400 && error.status < 600 ? error.status : 500
  if (status >= 500) console.error(error)
  res.set(error.headers ?? {})
  res.status(status).send(errorPage(status, explain(error, status)))
}

function explain(error, status) {
  if (error.code === 'ERR_SESSION_STORE') return 'The session store does not answer. Nothing was lost; please try again.'
  return status < 500 && error.expose ? error.message : (STATUS_CODES[status] ?? 'Something went wrong.')
}
