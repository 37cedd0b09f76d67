// Commits that fail, and a handler whose response waits for one.
import type { ServerResponse } from 'node:http'
import { type Handler, hold, hooksWith, later } from './hold-exchange.js'

export class StoreDown extends Error {
  readonly status: number = 503
}

export const FAILURES: [string, () => Promise<void>][] = [
  [
    'a throw',
    () => {
      throw new StoreDown()
    },
  ],
  ['a rejection', () => Promise.reject(new StoreDown())],
  ['a late rejection', () => later().then(() => Promise.reject(new StoreDown()))],
]

/** Missing in the types of Node 20. */
function rawNames(res: ServerResponse): unknown {
  return (Reflect.get(res, 'getRawHeaderNames') as () => string[]).call(res)
}

/** As Express would: the middleware before has set some headers, the error handler answers. */
export function refusing(commit: () => Promise<void>, handler: Handler, seen: unknown[] = []): Handler {
  return (req, res) => {
    res.setHeader('X-Powered-By', 'Test')
    res.setHeader('Set-Cookie', ['before=1'])
    hold(
      res,
      hooksWith({
        beforeFirstByte: commit,
        onRefused: (error) => {
          seen.push(error, res.headersSent, res.writableEnded, rawNames(res), res.statusCode, res.statusMessage)
          res.statusCode = 503
          res.end('error page')
        },
        onCut: (error) => seen.push('cut', error),
      }),
    )
    handler(req, res)
  }
}
