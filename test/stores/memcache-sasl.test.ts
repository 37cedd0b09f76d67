// Logging in to memcached.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type MemcacheStore, memcacheStore } from '../../stores/memcache.js'
import { HOST } from '../servers/server-process.js'
import { type SaslServer, startSaslServer } from './memcache-sasl-server.js'

let server: SaslServer
let store: MemcacheStore | undefined

beforeEach(async () => {
  server = await startSaslServer('app', 'hunter2')
})

afterEach(async () => {
  await store?.close()
  await server.close()
})

function open(password?: string): MemcacheStore {
  store = memcacheStore({ servers: [`${HOST}:${server.port}`], ...(password !== undefined && { username: 'app', password }) })
  return store
}

test('the right name and password are let in', async () => {
  await open('hunter2').ready()
  expect(server.logins).toEqual(['\0app\0hunter2'])
})

test.each([
  ['a wrong password', 'hunter3'],
  ['no password', undefined],
])('%s is said at once by ready(), without the password', async (_, password) => {
  const message = 'session store: connect was refused: username or password is wrong'
  await expect(open(password).ready()).rejects.toMatchObject({ message, unknown: false })
})

test.each([
  ['in the URL', { url: (port: number) => `memcache://app:p%40ss:w%2Frd@${HOST}:${port}`, login: {} }],
  ['beside the URL', { url: (port: number) => `memcache://${HOST}:${port}`, login: { username: 'app', password: 'p@ss:w/rd' } }],
])('name and password may stand %s', async (_, { url, login }) => {
  await server.close()
  server = await startSaslServer('app', 'p@ss:w/rd')
  store = memcacheStore({ url: url(server.port), ...login })
  await store.ready()
  expect(server.logins).toEqual(['\0app\0p@ss:w/rd'])
})

test('a store shown in a log shows no password', () => {
  expect(JSON.stringify(open('hunter2'))).not.toContain('hunter2')
})
