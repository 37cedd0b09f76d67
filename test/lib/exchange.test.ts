import type { ServerResponse } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { memoryStore, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { answer, serverOpener } from '../support/site.js'
import { type AnySession, SECRET } from './harness.js'

const serve = serverOpener()

describe('a handler that first looks at its session when the response has begun', () => {
  async function lateHandler(
    work: (session: AnySession) => unknown,
    begin: (response: ServerResponse) => void,
  ): Promise<{ code: unknown; next: unknown; store: string[] }> {
    const store = new FaultyStore(memoryStore())
    const sessions = session({ secret: SECRET, store })
    let code: unknown
    const port = await serve((request, response) =>
      sessions(request, response, async () => {
        if (request.url === '/set') request.session.set('n', 1)
        if (request.url !== '/late') return answer(response, request.session.toJSON())
        begin(response)
        try {
          await work(request.session as AnySession)
        } catch (error) {
          code = (error as { code?: string }).code
        }
        response.end()
      }),
    )
    const browser = new Browser(port)
    await browser.get('/set')
    await browser.get('/late')
    return { code, next: (await browser.get('/')).json(), store: store.calls }
  }

  test('may still change its data, which is committed at the end', async () => {
    const { code, next } = await lateHandler(
      (session) => session.set('n', 2),
      (response) => response.write('first byte'),
    )
    expect([code, next]).toEqual([undefined, { n: 2 }])
  })

  test.each([
    ['signs in', (session: AnySession) => session.signIn('ann')],
    ['changes the user', (session: AnySession) => session.set('userId', 'ann')],
    ['regenerates', (session: AnySession) => session.regenerate()],
  ])('gets SessionClosedError if it %s, and the session stays as it was', async (_, work) => {
    const { code, next } = await lateHandler(work, (response) => response.write('first byte'))
    expect([code, next]).toEqual(['ERR_SESSION_CLOSED', { n: 1 }])
  })

  test('gets SessionClosedError for any change when the response has ended', async () => {
    const { code, next } = await lateHandler(
      (session) => session.set('n', 2),
      (response) => response.end('all'),
    )
    expect([code, next]).toEqual(['ERR_SESSION_CLOSED', { n: 1 }])
  })

  test('gets SessionClosedError for a first session, which needs a cookie', async () => {
    let code: unknown
    const sessions = session({ secret: SECRET })
    const port = await serve((request, response) =>
      sessions(request, response, () => {
        response.write('first byte')
        try {
          request.session.set('n', 1)
        } catch (error) {
          code = (error as { code?: string }).code
        }
        response.end()
      }),
    )
    expect((await new Browser(port).get('/')).setCookie).toEqual([])
    expect(code).toBe('ERR_SESSION_CLOSED')
  })

  test('and has only written the head either gets its cookie or SessionClosedError, but loses nothing silently', async () => {
    const sessions = session({ secret: SECRET })
    let code: unknown
    const port = await serve((request, response) =>
      sessions(request, response, async () => {
        if (request.url === '/') return answer(response, request.session.toJSON())
        response.writeHead(200, { 'X-Mine': 'yes' })
        try {
          await request.session.signIn('ann')
        } catch (error) {
          code = (error as { code?: string }).code
        }
        response.end()
      }),
    )
    const browser = new Browser(port)
    const { setCookie, headers } = await browser.get('/in')
    const expected = code === undefined ? [1, { userId: 'ann' }] : [0, {}]
    expect([setCookie.length, (await browser.get('/')).json(), headers['x-mine']]).toEqual([...expected, 'yes'])
  })
})

describe('a handler that prepares its response before it looks at its session', () => {
  // Design section 4: headers return to their state at the middleware's entry.
  test('leaves nothing of it on the error page if the commit fails', async () => {
    const store = new FaultyStore(memoryStore())
    const sessions = session({ secret: SECRET, store })
    const port = await serve((request, response) => {
      response.setHeader('X-Before', 'yes')
      sessions(request, response, (error) => {
        if (error !== undefined) return response.end('error page')
        response.statusCode = 201
        response.setHeader('Content-Disposition', 'attachment; filename=report.pdf')
        response.setHeader('Set-Cookie', 'mine=1')
        request.session.set('n', 1)
        response.end('all is well')
      })
    })
    store.fail('create', 'reject')
    const { status, headers, body } = await new Browser(port).get('/')
    expect([body, headers['x-before'], headers['content-disposition'], headers['set-cookie'], status]).toEqual([
      'error page',
      'yes',
      undefined,
      undefined,
      200,
    ])
  })
})
