import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { createApp as createExpressSessionApp } from './express-session.mjs'

export async function createApp() {
  const client = await createClient({ url: process.env.REDIS_URL }).connect()
  return createExpressSessionApp({ store: new RedisStore({ client }) })
}
