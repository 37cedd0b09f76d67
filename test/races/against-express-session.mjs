// The core races against express-session with its own MemoryStore, made slow at will: shows once that they fail there.
// Not a test: `node test/races/against-express-session.mjs` prints what happens, nothing is asserted.
import { createServer, request } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import express from 'express'
import session from 'express-session'

const { version } = createRequire(import.meta.url)('express-session/package.json')
const PATIENCE = 1000

/** express-session's MemoryStore; one call of `set` can be held at a gate or fail. */
class SlowStore extends session.MemoryStore {
  nextSet = null

  set(sid, data, callback) {
    const rule = this.nextSet
    this.nextSet = null
    const proceed = (error) => (error ? callback?.(error) : super.set(sid, data, callback))
    if (rule === null) proceed()
    else rule(proceed)
  }

  holdSet() {
    const held = gate()
    this.nextSet = (proceed) => void held.pass().then(() => proceed())
    return held
  }

  failSet() {
    this.nextSet = (proceed) => setImmediate(proceed, new Error('the backend is down'))
  }
}

function gate() {
  let reach
  let open
  const reached = new Promise((resolve) => {
    reach = resolve
  })
  const opened = new Promise((resolve) => {
    open = resolve
  })
  return {
    reached,
    open,
    pass() {
      reach()
      return opened
    },
  }
}

/** The settings that its documentation recommends. */
async function start(routes) {
  const store = new SlowStore()
  const app = express()
  app.use(session({ secret: 'a secret for this demonstration', store, resave: false, saveUninitialized: false }))
  for (const [path, handler] of Object.entries(routes)) app.get(path, handler)
  app.use((_error, _req, res, next) => (res.headersSent ? next(_error) : res.sendStatus(503)))
  app.set('env', 'test')
  const server = createServer(app)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { store, port, get: (path, cookie) => get(port, path, cookie), close }
}

function get(port, path, cookie) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, headers: cookie ? { cookie } : {} })
    sent.setTimeout(PATIENCE, () => sent.destroy(new Error(`no answer within ${PATIENCE} ms`)))
    sent.on('error', reject)
    sent.on('response', async (response) => {
      let body = ''
      for await (const part of response.setEncoding('utf8')) body += part
      const [line] = response.headers['set-cookie'] ?? []
      resolve({ status: response.statusCode, body, cookie: line?.split(';')[0] })
    })
    sent.end()
  })
}

const COMMON = {
  '/start': (req, res) => {
    req.session.userId = 7
    res.send('started')
  },
  '/data': (req, res) => {
    const { cookie: _cookie, ...data } = req.session
    res.json(data)
  },
}

/** Each resolves to what was seen and whether the rule held. */
const RACES = {
  'D1: two overlapping requests that set different keys both keep what they set': async () => {
    const slowly = gate()
    const site = await start({
      ...COMMON,
      '/x': async (req, res) => {
        req.session.x = 1
        await slowly.pass()
        res.send('x')
      },
      '/y': (req, res) => {
        req.session.y = 2
        res.send('y')
      },
    })
    const { cookie } = await site.get('/start')
    const slow = site.get('/x', cookie)
    await slowly.reached
    await site.get('/y', cookie)
    slowly.open()
    await slow
    const data = JSON.parse((await site.get('/data', cookie)).body)
    site.close()
    return { held: data.x === 1 && data.y === 2, seen: `afterwards the session is ${JSON.stringify(data)}` }
  },

  'D2: a slow writer does not bring back a session that was signed out': async () => {
    const slowly = gate()
    const site = await start({
      ...COMMON,
      '/write': async (req, res) => {
        req.session.x = 1
        await slowly.pass()
        res.send('written')
      },
      '/signout': (req, res) => req.session.destroy(() => res.send('signed out')),
    })
    const { cookie } = await site.get('/start')
    const slow = site.get('/write', cookie)
    await slowly.reached
    await site.get('/signout', cookie)
    const between = (await site.get('/data', cookie)).body
    slowly.open()
    await slow
    const { body } = await site.get('/data', cookie)
    site.close()
    return { held: body === '{}', seen: `after the sign-out the cookie opens ${between}, after the slow writer ${body}` }
  },

  'D3: no byte of a redirect leaves before the save': async () => {
    const site = await start({
      ...COMMON,
      '/save': (req, res) => {
        req.session.saved = true
        res.redirect('/data')
      },
    })
    const { cookie } = await site.get('/start')
    const held = site.store.holdSet()
    let text = ''
    const socket = connect(site.port, '127.0.0.1')
    socket.on('data', (part) => {
      text += part
    })
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.write(`GET /save HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: ${cookie}\r\n\r\n`)
    await held.reached
    await site.get('/data', cookie)
    const { body } = await site.get('/data', cookie)
    const seen = `while the save waits, the client has ${JSON.stringify(text.split('\r\n')[0])} and the next request sees ${body}`
    const early = text !== ''
    held.open()
    await closed
    site.close()
    return { held: !early, seen }
  },

  'D4: a store that fails gives an error and no cookie': async () => {
    const site = await start(COMMON)
    site.store.failSet()
    const answer = await site.get('/start')
    site.close()
    const seen = `the client has ${answer.status}, "${answer.body}" and ${answer.cookie ? 'a cookie' : 'no cookie'}`
    return { held: answer.status === 503 && !answer.cookie, seen }
  },

  'D5: a BigInt in the session ends the response': async () => {
    const site = await start({
      '/bigint': (req, res) => {
        req.session.count = 10n
        res.send('the page')
      },
    })
    const answer = await site.get('/bigint').catch((error) => error)
    site.close()
    return { held: answer.status === 500, seen: answer instanceof Error ? answer.message : `the client has ${answer.status}` }
  },

  'D6: a session works over HTTP/2': async () => {
    const middleware = session({ secret: 'a secret for this demonstration', resave: false, saveUninitialized: false })
    let thrown = 'nothing thrown'
    const server = createHttp2Server((req, res) => {
      middleware(req, res, () => {
        req.session.x = 1
        try {
          res.end('the page')
        } catch (error) {
          thrown = error.message
          res.stream.destroy()
        }
      })
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = connectHttp2(`http://127.0.0.1:${server.address().port}`)
    const stream = client.request({ ':path': '/' })
    let cookies
    stream.on('response', (headers) => {
      cookies = headers['set-cookie']
    })
    stream.on('error', () => {})
    await new Promise((resolve) => stream.resume().on('close', resolve))
    client.destroy()
    server.close()
    return { held: cookies !== undefined, seen: cookies === undefined ? thrown : 'a cookie' }
  },
}

console.log(`express-session ${version} with its MemoryStore, resave: false, saveUninitialized: false\n`)
let broken = 0
for (const [rule, race] of Object.entries(RACES)) {
  const { held, seen } = await race()
  if (!held) broken += 1
  console.log(`${held ? 'holds ' : 'BROKEN'}  ${rule}\n        ${seen}`)
}
console.log(`\n${broken} of ${Object.keys(RACES).length} rules are broken`)
