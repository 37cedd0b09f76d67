// What stands in memcached, and what happens to it when many write, when it is too large, or not ours.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { Client } from 'memjs'
import { proofOf } from '../../lib/token.js'
import { type MemcacheStore, memcacheStore } from '../../stores/memcache.js'
import { type MemcachedServer, startMemcached } from '../servers/memcached.js'
import { ask, loadedValues, record, storedText } from './memcache-kit.js'

let server: MemcachedServer
let store: MemcacheStore

beforeAll(async () => {
  server = await startMemcached()
  store = memcacheStore({ servers: [server.address] })
})

afterAll(async () => {
  await store.close()
  await server.stop()
})

describe('an item', () => {
  test('holds neither a token nor a verifier, but the proof', async () => {
    const { handle, token } = await store.create(record({ indexes: { userId: '7' } }, { a: '1' }))
    const rotated = await store.rotate(token, { set: { b: '2' } })
    const text = (await storedText(server.port, `sess:${handle}`)) ?? ''
    for (const one of [token, rotated?.token ?? '']) {
      const verifier = one.slice(handle.length + 1)
      expect(text).not.toContain(verifier)
      expect(text.includes(proofOf(verifier))).toBe(one !== token)
    }
  })

  test('stands under the longest key that memcached takes', async () => {
    const long = memcacheStore({ servers: [server.address], ns: 'n'.repeat(228) })
    const { handle, token } = await long.create(record({}, { a: '1' }))
    expect(Buffer.byteLength(`${'n'.repeat(228)}${handle}`)).toBe(250)
    expect(await loadedValues(long, token)).toEqual({ a: '1' })
    await long.close()
  })

  test('brings back keys and values that look like its own form', async () => {
    const values = { '\n': '\n', '': '', '[1,"x"]\n': '\0\r\nEND\r\n', __proto__x: '{}', '\ud83e\udd8a': '\u{10ffff}', a: '\ufeff' }
    const { token } = await store.create(record({ id: '"\n', address: '\n', agent: '\0' }, values))
    expect(await loadedValues(store, token)).toEqual(values)
  })

  test.each(['', '\n', '[]\n', '[1]\n', 'not ours', '[2,"p","i",[],true,[null,null],[],[]]\n', 'null\n'])(
    'that is not ours (%j) is an error of the store, and is never written over',
    async (foreign) => {
      const { handle, token } = await store.create(record())
      await ask(server.port, `set sess:${handle} 0 0 ${Buffer.byteLength(foreign)}\r\n${foreign}`, /STORED\r\n$/)
      for (const call of [() => store.load(token, { slide: true }), () => store.update(token, { set: {} }), () => store.destroy(token)])
        await expect(call()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', unknown: false })
      expect(await storedText(server.port, `sess:${handle}`)).toContain(foreign)
    },
  )

  test('too large for memcached is refused by name, and what was there stays', async () => {
    const { token } = await store.create(record({}, { a: '1' }))
    const large = 'x'.repeat(1_100_000)
    await expect(store.update(token, { set: { large } })).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    await expect(store.create(record({}, { large }))).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    expect(await loadedValues(store, token)).toEqual({ a: '1' })
  })
})

describe('writers that meet', () => {
  test('50 parallel updates of one session from five stores all survive', async () => {
    const stores = Array.from({ length: 5 }, () => memcacheStore({ servers: [server.address] }))
    const { token } = await store.create(record())
    const keys = Array.from({ length: 50 }, (_, n) => `k${n}`)
    const results = await Promise.all(keys.map((key, n) => stores[n % 5]?.update(token, { set: { [key]: '1' } })))
    expect(new Set(results.map((result) => result?.outcome))).toEqual(new Set(['saved']))
    expect(await loadedValues(store, token)).toEqual(Object.fromEntries(keys.map((key) => [key, '1'])))
    for (const one of stores) await one.close()
  })

  test('of 20 parallel rotations one gets through, and its token alone opens the session', async () => {
    const { token } = await store.create(record())
    const rotated = (await Promise.all(Array.from({ length: 20 }, () => store.rotate(token, {})))).filter((one) => one !== null)
    expect(rotated).toHaveLength(1)
    expect(await store.load(token, { slide: false })).toBe('reused')
    expect(await loadedValues(store, rotated[0]?.token ?? '')).toEqual({})
  })

  test('an end among updates is final', async () => {
    const { handle, token } = await store.create(record())
    const updates = Array.from({ length: 20 }, (_, n) => store.update(token, { set: { [`k${n}`]: '1' } }))
    expect(await store.destroy(token)).toBe(true)
    await Promise.all(updates)
    expect(await storedText(server.port, `sess:${handle}`)).toBeNull()
    expect(await store.destroy(token)).toBe(false)
  })

  test('end ends a session by its handle', async () => {
    const { handle, token } = await store.create(record())
    expect([await store.end(handle), await store.end(handle), await store.end('no handle')]).toEqual([true, false, false])
    expect(await store.load(token, { slide: false })).toBeNull()
  })
})

test('a client that is handed in stays usable, also past 2^31 of its commands, and is not closed', async () => {
  const client = Client.create(server.address, { logger: { log: jest.fn() } })
  Object.assign(client, { seq: 0x7ffffffe })
  const own = memcacheStore({ client, ns: 'own:' })
  await own.ready()
  const { token } = await own.create(record({}, { a: '1' }))
  expect(await loadedValues(own, token)).toEqual({ a: '1' })
  await own.close()
  expect(await client.set('x', 'y', {})).toBe(true)
  client.close()
})
