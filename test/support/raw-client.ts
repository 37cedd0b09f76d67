// One HTTP request over a bare socket: what arrived, when its first byte did, and how it ended.
import { connect } from 'node:net'
import { deferred } from './barrier.js'
import type { Browser } from './browser.js'

export interface RawExchange {
  /** What has arrived so far. */
  readonly text: string
  readonly firstByte: Promise<void>
  /** The headers are here, and the browser has the cookies that they set: the moment from which it can follow a redirect. */
  readonly head: Promise<void>
  readonly closed: Promise<void>
}

/** Sends a GET with the browser's cookies. */
export function rawGet(port: number, path: string, browser: Browser): RawExchange {
  const firstByte = deferred()
  const head = deferred()
  const closed = deferred()
  let text = ''
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1')
  socket.on('data', (part: string) => {
    const headWasThere = text.includes('\r\n\r\n')
    text += part
    firstByte.resolve()
    if (headWasThere || !text.includes('\r\n\r\n')) return
    for (const [, line = ''] of text
      .split('\r\n\r\n', 1)
      .join('')
      .matchAll(/^set-cookie: (.*)\r?$/gim))
      browser.keep(line)
    head.resolve()
  })
  // A connection that the server destroys may end in a reset.
  socket.on('error', closed.resolve)
  socket.on('close', closed.resolve)
  const cookies = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${cookies === '' ? '' : `Cookie: ${cookies}\r\n`}\r\n`)
  return {
    get text() {
      return text
    },
    firstByte: firstByte.promise,
    head: head.promise,
    closed: closed.promise,
  }
}
