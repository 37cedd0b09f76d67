import express from 'express'
import { getIronSession } from 'iron-session'
import { SECRET, SEED } from '../seed.mjs'

// As its documentation recommends, over plain HTTP.
const OPTIONS = { password: SECRET, cookieName: 'sid', cookieOptions: { secure: false } }

export function createApp() {
  const app = express()
  app.post('/seed', async (req, res) => {
    const session = await getIronSession(req, res, OPTIONS)
    Object.assign(session, SEED)
    await session.save()
    res.send('ok')
  })
  app.get('/read', async (req, res) => {
    const session = await getIronSession(req, res, OPTIONS)
    res.send(session.name)
  })
  app.get('/write', async (req, res) => {
    const session = await getIronSession(req, res, OPTIONS)
    session.counter += 1
    await session.save()
    res.send(String(session.counter))
  })
  return app
}
