// The same visit on each store. What a store cannot do is not offered, and nothing breaks.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readConfig } from '../../example-app/config.js'
import { session } from '../../lib/index.js'
import { anyMemcached } from '../servers/memcached.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { chatFixture, SECRET } from './support.js'

interface Backend {
  readonly store: string
  /** Where it can be had for hanging it. */
  readonly server?: RedisServer
  stop(): Promise<unknown>
}

interface Abilities {
  readonly devices: boolean
  readonly drafts: boolean
  readonly revoke: boolean
  readonly announce: boolean
}

const nothing = { stop: async () => {} }
const ALL: Abilities = { devices: true, drafts: true, revoke: true, announce: true }

const STORES: Record<string, { open(): Promise<Backend>; can: Abilities }> = {
  memory: { open: async () => ({ store: 'memory', ...nothing }), can: ALL },
  redis: {
    open: async () => {
      const redis = await startRedis()
      return { store: redis.url, stop: () => redis.stop(), server: redis }
    },
    can: ALL,
  },
  memcache: {
    open: async () => {
      const memcached = await anyMemcached()
      return { store: `memcache://${memcached.servers.join(',')}`, stop: () => memcached.stop() }
    },
    can: { devices: false, drafts: true, revoke: true, announce: false },
  },
  cookie: { open: async () => ({ store: 'cookie', ...nothing }), can: { devices: false, drafts: false, revoke: false, announce: false } },
}

for (const [name, { open, can }] of Object.entries(STORES)) {
  describe(`with sessions in ${name}`, () => {
    let backend: Backend

    beforeAll(async () => {
      backend = await open()
    })
    const [chat, ann, bob] = chatFixture(['Ann', 'Bob'], () => ({ SESSION_STORE: backend.store }))
    afterAll(() => backend.stop())

    test('the application knows what the store can, as the store itself declares it', async () => {
      const config = readConfig({ SESSION_STORE: backend.store, SESSION_SECRET: SECRET })
      const sessions = session({ secret: SECRET, store: backend.store })
      await sessions.ready()
      await sessions.close()
      const { cannot } = sessions
      expect(config['storeCan']).toEqual(can)
      expect(can).toMatchObject({
        devices: !cannot.includes('index'),
        drafts: !cannot.includes('merge'),
        revoke: !cannot.includes('revoke'),
      })
    })

    test('people write, sign out, and sign in again where they were', async () => {
      const text = `Hello from ${name}`
      expect((await ann.form('/sendComment', { to: String(bob.id), text, clientId: crypto.randomUUID() })).location).toBe(
        `/chat?with=${bob.id}`,
      )
      expect((await bob.get(`/chat?with=${ann.id}`)).text).toContain(text)
      const thief = bob.copy()
      expect((await bob.form('/logout', {}, { page: `/chat?with=${ann.id}` })).location).toBe('/login')
      expect([await bob.isSignedIn(), await thief.isSignedIn()]).toEqual([false, !can.revoke])
      expect((await bob.get('/login')).text).toContain('You signed out.')
      await bob.logIn()
      expect((await bob.get('/')).location).toBe(`/chat?with=${ann.id}`)
    })

    test(`devices and administration are ${can.devices ? 'offered' : 'neither offered nor there'}`, async () => {
      const { text } = await bob.get('/chat')
      expect(text.includes('href="/devices"')).toBe(can.devices)
      const statuses = [(await bob.get('/devices')).status, (await bob.get('/devices/admin')).status]
      expect(statuses).toEqual(can.devices ? [200, 403] : [404, 404])
    })

    test('a new password says what becomes of the other devices', async () => {
      const phone = Object.assign(chat.stranger(), { email: ann.email })
      await phone.logIn()
      expect((await ann.form('/password', { next: 'a new password' })).location).toBe('/chat')
      const said = can.devices ? 'your other devices are signed out.' : 'Other devices stay signed in until their sessions expire.'
      expect((await ann.get('/chat')).text).toContain(said)
      expect([await ann.isSignedIn(), await phone.isSignedIn()]).toEqual([true, !can.devices])
    })

    test('how long the session has left can be asked without extending it', async () => {
      expect((await bob.get('/session/status')).json()).toMatchObject({ live: true, signedIn: true, warn: false, warnBefore: 120 })
      expect((await bob.send('POST', '/session/stay', { origin: chat.url, 'sec-fetch-site': 'same-origin' })).json()).toMatchObject({
        live: true,
      })
      expect((await bob.get('/session/client.js')).headers.get('content-type')).toMatch('javascript')
    })

    if (name === 'redis') {
      test('a store that hangs is told as such, and signs nobody out', async () => {
        await backend.server?.pause()
        const [page, json] = await Promise.all([bob.get('/chat'), bob.get('/messages', { accept: 'application/json' })])
        backend.server?.resume()
        expect([page.status, page.text.includes('The sessions cannot be reached.')]).toEqual([503, true])
        expect([json.status, json.json()]).toEqual([503, expect.objectContaining({ error: 'ERR_SESSION_STORE' })])
        expect(await bob.isSignedIn()).toBe(true)
      })
    }

    test('the process ends in order, and has complained about nothing else', async () => {
      expect((await chat.stranger().get('/healthz')).text).toBe('ok')
      expect([await chat.stop(), chat.output()]).toEqual([0, expect.not.stringMatching(name === 'redis' ? /warning/i : /error|warning/i)])
    })
  })
}
