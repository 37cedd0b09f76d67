// The recipes for what a request does to its session, and for pages and sockets that stay open.
import { EventEmitter } from 'node:events'
import { IncomingMessage } from 'node:http'
import { type AddressInfo, connect, Socket } from 'node:net'
import { expect, jest, test } from '@jest/globals'
import express from 'express'
import request from 'supertest'
import * as main from '../../lib/index.js'
import * as testing from '../../testing/index.js'
import { makesAMiddleware, readme, siteOpener, snippetWith } from './kit.js'

const open = siteOpener()

test('the recipe of saving nothing leaves no trace of a request that failed', async () => {
  const { app, server, run } = await open()
  const routes = express.Router()
  routes.get('/count', async (req, res) => {
    await Promise.resolve()
    req.session.set('n', Number(req.session.get('n') ?? 0) + 1)
    if (req.query['fail'] !== undefined) throw Object.assign(new Error('wrong'), { status: Number(req.query['fail']) })
    res.send(String(req.session.get('n')))
  })
  const parts = { use: (part: never) => void app.use(part) }
  await run(snippetWith('discardOnError: true'), { app: parts, session: main.session, routes })
  const agent = request.agent(server)
  await agent.get('/count').expect('1')
  await agent.get('/count?fail=500').expect(500, 'Something went wrong')
  await agent.get('/count?fail=404').expect(404)
  await agent.get('/count').expect('2')
})

test('the recipe of counting answers the new count', async () => {
  const { app, server, sessions, run } = await open()
  app.use(sessions)
  await run(snippetWith("increment('likes')"), { app })
  const agent = request.agent(server)
  await agent.post('/like').expect('1')
  await agent.post('/like').expect('2')
})

test('the recipe of a poll makes a middleware whose polls do not slide', async () => {
  await makesAMiddleware(await open(), snippetWith('slide: (req)'))
})

test('the recipe of warning serves the status and the script of the page, which names what the script has', async () => {
  const { app, server, run } = await open()
  const made: main.Sessions[] = []
  const use = (...parts: never[]) => void (app.use(...parts), parts.length === 1 && made.push(parts[0] as never))
  await run(snippetWith('warnBefore:'), { app: { use }, session: main.session })
  const [mine] = made as [main.Sessions]
  const { header } = await testing.cookieFor(mine, { userId: 7 })
  const { body } = await request(server).get('/session/status').set('Cookie', header).expect(200)
  expect(body).toMatchObject({ signedIn: true, secondsLeft: 900, warnBefore: 120 })
  const told = /`GET \/session\/status` is JSON: (.*?) and more/.exec(readme)?.[1] ?? ''
  for (const [, name = ''] of told.matchAll(/`(\w+)`/g)) expect(body).toHaveProperty(name)
  await request(server).get('/session/client.js').expect(200)
  const watched: Record<string, unknown>[] = []
  const client = { watchSession: (options: Record<string, unknown>) => watched.push(options) }
  await run(snippetWith('watchSession('), { require: (name: string) => (name === '/session/client.js' ? client : undefined) })
  expect(watched).toEqual([{ dialog: true, onEnded: expect.any(Function) }])
  await mine.close()
})

test('the recipe of saying something once says it once', async () => {
  const { app, server, sessions, run } = await open()
  app.use(sessions)
  await run(snippetWith('take('), { app })
  const agent = request.agent(server)
  await agent.post('/profile').expect(302)
  await agent.get('/profile').expect('Saved.')
  await agent.get('/profile').expect('Your profile')
})

test('the recipe of WebSockets saves by hand on an upgrade', async () => {
  const { server, sessions, run } = await open()
  await run(snippetWith("server.on('upgrade'"), { server, sessions })
  const cookie = await testing.cookieFor(sessions, { userId: 7 })
  const saved = new Promise<readonly string[]>((resolve) => sessions.on('changed', ({ keys }) => resolve(keys)))
  const serverSide = new Promise<{ destroy(): unknown }>((resolve) => server.once('connection', resolve))
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: ${cookie.header}\r\n\r\n`)
  expect(await saved).toEqual(['lastSocketAt'])
  ;(await serverSide).destroy()
  socket.destroy()
})

test('the recipe of Socket.IO closes a connection whose session has ended, at its next event', async () => {
  const { sessions, run } = await open()
  const io = new EventEmitter()
  await run(snippetWith("io.on('connection'"), { io, sessions })
  const { header } = await testing.cookieFor(sessions, { userId: 7 })
  const upgrade = Object.assign(new IncomingMessage(new Socket()), { url: '/', headers: { cookie: header } })
  const disconnect = jest.fn()
  let said: () => Promise<void> = async () => {}
  io.emit('connection', { request: upgrade, disconnect, onAny: (listener: typeof said) => (said = listener) })
  await said()
  expect(disconnect).not.toHaveBeenCalled()
  await (await sessions.of(upgrade)).signOut()
  await said()
  expect(disconnect).toHaveBeenCalledWith(true)
})
