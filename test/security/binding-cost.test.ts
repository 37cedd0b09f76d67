// What the option `bind` costs: nothing on the way of a request that fits.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { redisStore } from '../../lib/index.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { type Inspector, inspector } from '../stores/redis-kit.js'
import { boundOpener, from, userAt } from './binding-kit.js'

const open = boundOpener()
let server: RedisServer
let redis: Inspector

beforeAll(async () => {
  server = await startRedis()
  redis = await inspector(server.url)
})
afterAll(async () => {
  redis.destroy()
  await server.stop()
})

describe('on Redis, with everything bound,', () => {
  const bind = { ip: 'exact', userAgent: 'exact', certificate: 'exact', onMismatch: 'end' } as const
  const HOME = from('192.0.2.7', 'Firefox')

  test('a request that only reads costs one command and sets no cookie, and one that does not fit costs one more', async () => {
    const { browser, store, sessions } = await open('Express 5 that trusts one proxy', { bind }, redisStore({ url: server.url }))
    await sessions.ready()
    await browser.get('/sign-in', HOME)
    await browser.get('/', HOME)
    const before = await commands()
    for (let read = 0; read < 10; read++) expect((await browser.get('/', HOME)).setCookie).toEqual([])
    expect((await commands()) - before).toBe(10)
    expect(await userAt(browser, HOME)).toBe('ann')
    const calls = store.calls.length
    expect((await browser.get('/', from('198.51.100.1', 'Firefox'))).setCookie).toEqual([])
    expect(store.calls.slice(calls)).toEqual(['load', 'destroy'])
    expect(await userAt(browser, HOME)).toBe('nobody')
  })
})

/** Scripts that Redis was asked to run: each command of the store is one. */
async function commands(): Promise<number> {
  const calls = [
    ...(await redis.info('commandstats')).matchAll(/^cmdstat_(?:eval|evalsha|fcall|get|set|script|multi)(?:_ro)?:calls=(\d+)/gm),
  ]
  return calls.reduce((sum, [, count]) => sum + Number(count), 0)
}
