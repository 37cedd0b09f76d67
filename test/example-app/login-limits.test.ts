// How often somebody may try, counted by several processes and without any of them.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Limits, openLimits } from '../../example-app/security/login-limits.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'

let redis: RedisServer
const opened: Limits[] = []
const open = async (store: string): Promise<Limits> => {
  const limits = await openLimits({ store })
  opened.push(limits)
  return limits
}

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  for (const limits of opened) limits.close()
  await redis.stop()
})

/** How many of so many wrong guesses got through, taken in turn by each of these. */
async function guesses(count: number, limits: readonly Limits[], email: (n: number) => string, ip: (n: number) => string): Promise<number> {
  let passed = 0
  for (let n = 0; n < count; n++) {
    const each = limits[n % limits.length] as Limits
    await each.password(email(n), ip(n)).then(
      () => passed++,
      (error: { status: number }) => expect(error).toMatchObject({ status: 429, code: 'TOO_MANY' }),
    )
  }
  return passed
}

describe('guesses', () => {
  test('of one address at many accounts, and of many addresses at one account, are limited, too', async () => {
    const limits = [await open('memory')]
    expect(
      await guesses(
        60,
        limits,
        (n) => `${n}@example.org`,
        () => '192.0.2.1',
      ),
    ).toBe(50)
    expect(
      await guesses(
        110,
        limits,
        () => 'ann@example.org',
        (n) => `198.51.100.${n}`,
      ),
    ).toBe(100)
  })

  test.each([
    [
      'IPv6 of one household',
      ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', '2001:db8:1:2:3:4:5:6', '2001:DB8:1:2::7', '2001:db8:1:2:0:0:0:8', '2001:db8:1:2::9'],
    ],
    ['IPv4 written as IPv6', ['192.0.2.7', '::ffff:192.0.2.7', '192.0.2.7', '::FFFF:192.0.2.7', '192.0.2.7', '192.0.2.7']],
  ])('count together: %s', async (_, ips) => {
    expect(
      await guesses(
        6,
        [await open('memory')],
        () => 'ann@example.org',
        (n) => String(ips[n]),
      ),
    ).toBe(5)
  })

  test('of two processes on one Redis count together', async () => {
    const email = `${randomUUID()}@example.org`
    const limits = [await open(redis.url), await open(redis.url)]
    expect(
      await guesses(
        8,
        limits,
        () => email,
        () => '192.0.2.8',
      ),
    ).toBe(5)
  })

  test('are counted by each process while Redis is away', async () => {
    const alone = await startRedis()
    const limits = await open(alone.url)
    await alone.stop()
    expect(
      await guesses(
        8,
        [limits],
        () => 'ann@example.org',
        () => '192.0.2.9',
      ),
    ).toBe(5)
  })

  test('that were right count for nothing', async () => {
    const limits = await open('memory')
    for (let n = 0; n < 120; n++) await (await limits.password('ann@example.org', '192.0.2.10'))()
  })
})

test('new accounts from one network are limited', async () => {
  const limits = await open('memory')
  const tries = Array.from({ length: 32 }, (_, n) => limits.registration(`2001:db8:7:8::${n}`))
  expect((await Promise.allSettled(tries)).filter(({ status }) => status === 'rejected')).toHaveLength(2)
})
