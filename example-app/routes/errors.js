import { STATUS_CODES } from 'node:http'
import { errorPage } from '../views/error.js'

/** What happened, and the way out, where the error itself does not say it for people. */
const EXPLAINED = {
  EBADCSRFTOKEN: [
    'This page is out of date',
    'It is from before you signed in or out, or another site sent it. Go back, reload the page and try again.',
  ],
  ERR_SESSION_STORE: ['Not possible at this moment', 'The sessions cannot be reached. Nothing was lost; please try again in a moment.'],
  ERR_SESSION_GONE: ['You are signed out', 'Your session was ended meanwhile, and nothing was saved. Sign in again.'],
  ERR_SESSION_TOO_LARGE: ['Too much to keep', 'What you were writing does not fit into your session. Send or shorten it, and try again.'],
  ERR_DATABASE: ['Not possible at this moment', 'The database cannot be reached. Please try again in a moment.'],
  'entity.parse.failed': ['That cannot be read', 'What was sent is not the JSON that it says it is.'],
  'entity.too.large': ['Too much at once', 'What was sent is larger than any form here. Please send less.'],
}

const TITLES = {
  400: 'That did not work',
  401: 'Please sign in',
  403: 'Not allowed',
  404: 'There is no such page',
  409: 'That did not work',
  415: 'That cannot be read',
  429: 'Please wait a little',
  503: 'Not possible at this moment',
}

export function notFound(_req, _res, next) {
  next(Object.assign(new Error('Nothing is at this address.'), { status: 404, code: 'NOT_FOUND', expose: true }))
}

/** Says what happened as a page, or as JSON to who asked for that. Express knows an error handler by its four parameters. */
export function errorHandler(error, req, res, next) {
  if (res.headersSent) return next(error)
  const status = error.status >= 400 && error.status < 600 ? error.status : 500
  if (status >= 500) console.error(error)
  const { code, title, message } = explained(error, status)
  res
    .status(status)
    .set(error.headers ?? {})
    .set('Cache-Control', 'no-store')
  if (wantsJson(req)) return res.json({ error: code, message })
  res.send(errorPage({ status, title, message, user: res.locals.user }))
}

/** Who sends JSON wants JSON back. */
export function wantsJson(req) {
  return Boolean(req.is('json')) || req.accepts(['html', 'json']) === 'json'
}

function explained(error, status) {
  const code = error.code ?? error.type ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL')
  const [title, message] = EXPLAINED[error.code ?? error.type] ?? []
  if (title !== undefined) return { code, title, message }
  const fallback = status < 500 ? `${STATUS_CODES[status] ?? 'Bad Request'}.` : 'Something went wrong here. It was noted; please try again.'
  return {
    code: status < 500 || error.expose ? code : 'INTERNAL',
    title: TITLES[status] ?? 'Something went wrong',
    message: error.expose ? error.message : fallback,
  }
}
