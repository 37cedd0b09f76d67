// What is left to do with a response whose commit failed.
import { type ServerResponse, STATUS_CODES } from 'node:http'

/** Those that a middleware replaces to see the output: compression, on-headers, a hold. */
const OUTPUT_METHODS = ['writeHead', 'write', 'end', 'flushHeaders', 'on'] as const

/** Node's own methods again: a middleware that has seen the refused `end` would swallow the next one. */
export function bareMethods(res: ServerResponse): void {
  const proto: object = Object.getPrototypeOf(res) as object
  for (const name of OUTPUT_METHODS) {
    if (name in proto) Reflect.deleteProperty(res, name)
  }
}

/** The answer of a hold that nobody else can give: the handler is at work on its own. */
export function answerPlainly(res: ServerResponse, error: unknown): void {
  const status = statusOf(error)
  const text = STATUS_CODES[status] ?? 'Service Unavailable'
  res.statusCode = status
  for (const name of ['Content-Encoding', 'Transfer-Encoding', 'ETag', 'Last-Modified']) res.removeHeader(name)
  res.setHeader('Cache-Control', 'no-store')
  if (status === 503) res.setHeader('Retry-After', '1')
  res.setHeader('Content-Type', 'text/plain; charset=utf-8')
  res.setHeader('Content-Length', Buffer.byteLength(text))
  res.end(text)
  swallowOutput(res)
}

function statusOf(error: unknown): number {
  const status: unknown = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : 503
}

/**
 * To the handler it is as if the client had gone: what it writes leads nowhere, its callbacks are called, and a producer
 * that minds `write`'s answer comes to rest instead of running for ever. Node itself unpipes a source at `finish`.
 */
function swallowOutput(res: ServerResponse): void {
  let swallowed = 0
  res.write = ((...args: unknown[]) => {
    const [chunk] = args
    swallowed += typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk.length : 0
    callBack(args)
    return swallowed < res.writableHighWaterMark
  }) as typeof res.write
  res.end = ((...args: unknown[]) => {
    callBack(args)
    return res
  }) as typeof res.end
  // A layer between may go on writing to the method that it captured, for instance what zlib still had inside.
  res.on('error', () => {})
}

export function callBack(args: readonly unknown[], error?: Error): void {
  const callback = args.find((arg) => typeof arg === 'function')
  if (callback) process.nextTick(callback as (error?: Error) => void, error)
}
