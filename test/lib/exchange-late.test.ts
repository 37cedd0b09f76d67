// What needs a new cookie when the response has begun: while its first commit waits for the store, and on upgrades of Engine.IO.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { Server as EngineServer } from 'engine.io'
import { memoryStore, type SessionStore, session } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore, promised } from '../support/faulty-store.js'
import { answer, type Handler, siteOpener } from '../support/site.js'
import { type AnySession, appOf, cookieOf, SECRET, stored } from './harness.js'

const openSite = siteOpener()

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}

/** What became of the work: `done`, or the code of its error. */
async function attempted(work: () => unknown): Promise<unknown> {
  try {
    await work()
    return 'done'
  } catch (error) {
    return codeOf(error)
  }
}

describe('a handler whose first write waits for the store', () => {
  async function visit(prepare: (session: AnySession) => unknown, late: (session: AnySession) => unknown, begin: 'stored' | 'stranger') {
    const store = new FaultyStore(promised(memoryStore()))
    let outcome: unknown
    const stream: Handler = async (request, response) => {
      const session = request.session as AnySession
      prepare(session)
      response.write('first ')
      outcome = await attempted(() => late(session))
      response.end('last')
    }
    const routes: Record<string, Handler> = {
      '/set': (request, response) => {
        request.session.set('n', 1)
        response.end()
      },
      '/stream': stream,
      '/data': (request, response) => answer(response, request.session),
    }
    const site = await openSite({ framework: 'Express 5', options: { store }, routes })
    const browser = new Browser(site.port)
    if (begin === 'stored') await browser.get('/set')
    const { status, body } = await browser.get('/stream')
    return { outcome, status, body, signedIn: site.count('signedIn'), data: (await browser.get('/data')).json() }
  }

  const whole = { status: 200, body: 'first last', signedIn: 0 }

  test.each([
    ['signs in', (session: AnySession) => session.signIn('ann')],
    ['changes the user', (session: AnySession) => session.set('userId', 'ann')],
    ['regenerates', (session: AnySession) => session.regenerate()],
  ])('gets SessionClosedError if it %s meanwhile, since the cookie would come too late', async (_, late) => {
    const seen = await visit((session) => session.set('n', 2), late, 'stored')
    expect(seen).toEqual({ ...whole, outcome: 'ERR_SESSION_CLOSED', data: { n: 2 } })
  })

  test('that changes the user in place meanwhile gets the cookie or an error, but the browser is not left with a dead one', async () => {
    const late = (session: AnySession): void => {
      session.user.id = 'ann'
    }
    const { data } = await visit((session) => session.set({ n: 2, user: { id: null } }), late, 'stored')
    expect(data).not.toEqual({})
  })

  test('may change data meanwhile, which is saved at the end', async () => {
    const late = (session: AnySession): void => session.set('late', true)
    expect(await visit((session) => session.set('n', 2), late, 'stored')).toEqual({ ...whole, outcome: 'done', data: { n: 2, late: true } })
  })

  test('may change data meanwhile if the session is on its way into the store: its cookie is, too', async () => {
    const late = (session: AnySession): void => session.set('late', true)
    expect(await visit((session) => session.set('n', 2), late, 'stranger')).toEqual({
      ...whole,
      outcome: 'done',
      data: { n: 2, late: true },
    })
  })

  test('gets SessionClosedError for a first session that nothing has asked for', async () => {
    const late = (session: AnySession): void => session.set('late', true)
    expect(await visit((session) => session.get('n'), late, 'stranger')).toEqual({ ...whole, outcome: 'ERR_SESSION_CLOSED', data: {} })
  })
})

describe.each([
  ['at once', (store: SessionStore) => store],
  ['with promises', promised],
])('a middleware of Engine.IO, in a store that answers %s', (_, wrap) => {
  /** What the middleware does with the session of an upgrade, and what the server answers. */
  async function upgrade(store: SessionStore, cookie: string, work: (session: AnySession) => unknown) {
    const engine = new EngineServer({ transports: ['websocket'] })
    let outcome: unknown
    engine.use(session({ secret: SECRET, store }) as Parameters<typeof engine.use>[0])
    engine.use(async (request: IncomingMessage, _response: unknown, next: () => void) => {
      outcome = await attempted(() => work(request.session as AnySession))
      next()
    })
    const server = createServer()
    engine.attach(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const head = ['Host: a', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Cookie: ${cookie}`]
    socket.write(
      `GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\n${head.join('\r\n')}\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n`,
    )
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    engine.close()
    await new Promise((resolve) => server.close(resolve))
    const text = bytes.toString('latin1')
    return { outcome, upgraded: text.startsWith('HTTP/1.1 101 '), cookies: /set-cookie/i.test(text) }
  }

  test.each([
    ['sets a key', (session: AnySession) => session.set('n', 1)],
    ['assigns a property', (session: AnySession) => Object.assign(session, { n: 1 })],
    ['signs in', (session: AnySession) => session.signIn('ann')],
    ['counts', (session: AnySession) => session.increment('n')],
  ])('gets SessionClosedError if it %s for a stranger, since the head goes out without its cookie: no orphan', async (_, work) => {
    const inner = memoryStore()
    const seen = await upgrade(wrap(inner), '', work)
    expect([seen, inner.size]).toEqual([{ outcome: 'ERR_SESSION_CLOSED', upgraded: true, cookies: false }, 0])
  })

  test('can read and change the session that is there, but gives it no new token', async () => {
    const inner = memoryStore()
    const store = wrap(inner)
    const token = await stored(inner, { n: 1 })
    const cookie = cookieOf(appOf({ store: inner }), token)
    expect(
      await upgrade(store, cookie, async (session) => (await session.increment('n'), session.set('m', session.get('n')), session.save())),
    ).toEqual({
      outcome: 'done',
      upgraded: true,
      cookies: false,
    })
    expect(inner.load(token, { slide: false })).toMatchObject({ values: { n: '2', m: '2' } })
    expect((await upgrade(store, cookie, (session) => session.signIn('ann'))).outcome).toBe('ERR_SESSION_CLOSED')
    expect(inner.load(token, { slide: false })).toMatchObject({ values: { n: '2' } })
  })
})
