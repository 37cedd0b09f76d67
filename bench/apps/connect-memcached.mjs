// Without its optional encryption.
import connectMemcached from 'connect-memcached'
import session from 'express-session'
import { createApp as createExpressSessionApp } from './express-session.mjs'

const MemcachedStore = connectMemcached(session)

export function createApp() {
  return createExpressSessionApp({ store: new MemcachedStore({ hosts: [process.env.MEMCACHED_ADDRESS] }) })
}
