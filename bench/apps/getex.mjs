// What one writes by hand to read a session, and less than that: no signature, no checks, no sign-in. One GETEX, one JSON.parse.
import { randomUUID } from 'node:crypto'
import { parseCookie } from 'cookie'
import express from 'express'
import { createClient } from 'redis'
import { SEED } from '../seed.mjs'

const EXPIRY = { type: 'EX', value: 14 * 24 * 60 * 60 }

export async function createApp() {
  const client = await createClient({ url: process.env.REDIS_URL }).connect()
  const app = express()
  app.post('/seed', async (_req, res) => {
    const id = randomUUID()
    await client.set(`hand:${id}`, JSON.stringify(SEED), { expiration: EXPIRY })
    res.cookie('sid', id).send('ok')
  })
  app.get('/read', async (req, res) => {
    const { sid } = parseCookie(req.headers.cookie ?? '')
    const text = await client.getEx(`hand:${sid}`, EXPIRY)
    res.send(JSON.parse(text).name)
  })
  return app
}
