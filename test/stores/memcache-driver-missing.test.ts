// The package `memjs` is an optional peer. It is installed here, so its absence is played.
import { expect, jest, test } from '@jest/globals'
import { memcacheStore } from '../../stores/memcache.js'

jest.mock('memjs', () => {
  throw Object.assign(new Error("Cannot find package 'memjs'"), { code: 'ERR_MODULE_NOT_FOUND' })
})

test('without the driver ready() names the command that installs it', async () => {
  const store = memcacheStore({ servers: ['127.0.0.1:1'] })
  await expect(store.ready()).rejects.toMatchObject({
    code: 'ERR_SESSION_STORE',
    message: 'session store: connect needs the package memjs: npm install memjs',
    unknown: false,
  })
  await store.close()
})
