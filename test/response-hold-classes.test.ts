// Responses of a class that the application brings: what it overrides is asked, and told.
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import session from '../lib/index.js'
import { memoryStore } from '../stores/memory.js'
import { SECRET } from './lib/harness.js'

let stop = (): void => {}
afterEach(() => stop())

/** Keeps its headers itself, and has a status of its own. */
class OwnResponse extends ServerResponse<IncomingMessage> {
  readonly own = new Map<string, number | string | readonly string[]>()
  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.own.set(name.toLowerCase(), value)
    return super.setHeader(name, value)
  }
  override getHeader(name: string): number | string | string[] | undefined {
    return this.own.get(name.toLowerCase()) as string | undefined
  }
  override getHeaderNames(): string[] {
    return [...this.own.keys()]
  }
  override removeHeader(name: string): void {
    this.own.delete(name.toLowerCase())
    super.removeHeader(name)
  }
  override getHeaders(): OutgoingHttpHeaders {
    return Object.fromEntries(this.own) as OutgoingHttpHeaders
  }
}

async function served(handler: (req: IncomingMessage, res: OwnResponse) => void): Promise<Response> {
  const server = createServer({ ServerResponse: OwnResponse }, handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop = () => server.close()
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

test('a class of its own is told of our cookie', async () => {
  const sessions = session({ secret: SECRET })
  let seen: OwnResponse | undefined
  const response = await served((req, res) => {
    seen = res
    sessions(req, res, () => {
      req.session.set('a', 1)
      res.end('x')
    })
  })
  expect(response.headers.get('set-cookie')).toMatch(/^sid=/)
  expect(seen?.own.get('set-cookie')).toEqual([response.headers.get('set-cookie')])
})

test('a class of its own goes back to the headers and the status of the entry when the commit fails', async () => {
  const store = memoryStore()
  store.create = () => {
    throw new Error('down')
  }
  const sessions = session({ secret: SECRET, store })
  const response = await served((req, res) => {
    res.setHeader('X-Early', '1')
    res.statusCode = 404
    const next = (error?: unknown): void => {
      if (error === undefined) {
        req.session.set('a', 1)
        res.setHeader('X-Late', '1')
        res.statusCode = 200
        res.end('x')
        return
      }
      res.end(`${res.statusCode} ${res.getHeader('x-early')} ${res.getHeader('x-late')}`)
    }
    sessions(req, res, next)
  })
  expect([response.status, await response.text()]).toEqual([404, '404 1 undefined'])
})
