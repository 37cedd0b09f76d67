import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { memoryStore } from '../../stores/memory.js'
import { redisStore } from '../../stores/redis.js'
import { clockAt } from '../lib/harness.js'
import { anyRedis } from '../servers/redis-server.js'
import { type Inspector, inspector } from '../stores/redis-kit.js'
import { compareWithModel } from './session-model.js'

const RUNS = 1000
const RUNS_ON_REDIS = 150

let server: Awaited<ReturnType<typeof anyRedis>>
let redis: Inspector

beforeAll(async () => {
  server = await anyRedis()
  redis = await inspector(server.url)
})

afterAll(async () => {
  await redis.close()
  await server.stop()
})

/** Redis's clock stands where it is, so all times in it are moved back instead. */
const AGE = `
local function back(times) return (times:gsub('%d%d%d%d%d%d%d%d%d%d%d%d%d', function(time) return string.format('%.0f', time - ARGV[2]) end)) end
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local left = redis.call('PTTL', key) - ARGV[2]
  if left <= 0 then redis.call('DEL', key)
  elseif redis.call('TYPE', key).ok == 'hash' then
    for _, field in ipairs({ 't', 's' }) do redis.call('HSET', key, field, back(redis.call('HGET', key, field))) end
    redis.call('PEXPIRE', key, left)
  else
    local members = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #members, 2 do redis.call('ZADD', key, string.format('%.0f', members[i + 1] - ARGV[2]), members[i]) end
    redis.call('PEXPIRE', key, left)
  end
end`

test('a browser that visits at random sees what the model says, and only its last token is alive', async () => {
  const rotations = await compareWithModel(() => {
    const clock = clockAt(Date.UTC(2026, 10, 21))
    return { store: memoryStore({ clock }), wait: (ms) => void (clock.now += ms) }
  }, RUNS)
  // The generator is no good if nothing happens.
  expect(rotations).toBeGreaterThan(RUNS)
}, 60_000)

test('a browser that visits at random sees the same on Redis', async () => {
  const ns = `model-${process.pid}:`
  const store = redisStore({ client: redis, ns })
  const wait = (ms: number) => ms > 0 && redis.eval(AGE, { keys: [], arguments: [ns, String(ms)] })
  expect(await compareWithModel(() => ({ store, wait }), RUNS_ON_REDIS)).toBeGreaterThan(RUNS_ON_REDIS)
}, 60_000)
