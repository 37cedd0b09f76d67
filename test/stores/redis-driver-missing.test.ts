// The package `redis` is an optional peer. It is installed here, so its absence is played.
import { expect, jest, test } from '@jest/globals'
import { redisStore } from '../../stores/redis.js'

jest.mock('redis', () => {
  throw Object.assign(new Error("Cannot find package 'redis'"), { code: 'ERR_MODULE_NOT_FOUND' })
})

test('without the driver ready() names the command that installs it', async () => {
  const store = redisStore({ url: 'redis://127.0.0.1:1' })
  await expect(store.ready()).rejects.toMatchObject({
    code: 'ERR_SESSION_STORE',
    message: 'session store: connect needs the package redis: npm install redis',
    unknown: false,
  })
  await store.close()
})
