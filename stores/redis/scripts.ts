// What Redis runs: one script per operation, each on keys of one slot, so that Redis Cluster never needs two at once. Each is one atomic
// step, judged by Redis's own clock. Lua moves texts and never decodes them: cjson keeps neither `[]` nor large integers.
//
// A session is a hash: `p` proof · `t` "created started authenticated idle lifetime persistent" · `s` last seen · `i` id · `a` address ·
// `g` agent · `c` certificate · `e` epoch that it was born under · `n` notice (ending-scripts.ts) · `x:<index>` value · `v:<key>` text. Its TTL is the
// earlier of both clocks, so that a key that is there is a session that lives, unless another epoch has begun. KEYS: session, epoch.
import { USER_INDEX } from '../../lib/store.js'
import { CLOCK, EACH, EPOCH, NOTICED, type Script, SNAPSHOT, script, TIMES } from './lua.js'

/**
 * ARGV: proof, slide. 0: none; 1: another proof; else the hash, the time, and when it was seen before, as one JSON text: drivers pay for each
 * text of a reply. (Texts are only quoted by it, so cjson is harmless here.) The one write that can be refused when memory is full may fail: reading
 * and sliding go on.
 */
export const LOAD: Script = script(`${TIMES}
local all = redis.call('HGETALL', key)
local proof, times, noted, birth
for i = 1, #all, 2 do
  local name = all[i]
  if name == 'p' then proof = all[i + 1] elseif name == 't' then times = all[i + 1] elseif name == 's' then noted = all[i + 1]
  elseif name == 'e' then birth = all[i + 1] end
end
if not times then return 0 end
if over(birth) then return 0 end
if proof ~= ARGV[1] then return 1 end
local now = clock()
local _, started, _, idle, life = parse(times)
local last = seen(now, started, idle, life, noted)
if ARGV[2] == '1' then
  local ends = finish(started, life)
  redis.call('PEXPIREAT', key, whole(math.min(now + idle, ends)))
  if now + idle >= ends then redis.pcall('HSET', key, 's', whole(now)) end
end
all[#all + 1] = whole(now)
all[#all + 1] = whole(last)
return cjson.encode(all)
`)

/** ARGV: proof, idle, life, persistent, '1' if there is a user, then fields. 0: the handle is in use; else the time. */
export const CREATE: Script = script(`${CLOCK}${EACH}
if redis.call('EXISTS', key) == 1 then return 0 end
local now = clock()
local at = whole(now)
local authenticated = ARGV[5] == '1' and at or '-'
local fields = { 'p', ARGV[1], 't', table.concat({ at, at, authenticated, ARGV[2], ARGV[3], ARGV[4] }, ' '), 's', at }
local epoch = redis.call('HGET', KEYS[2], 'e')
if epoch then
  fields[#fields + 1] = 'e'
  fields[#fields + 1] = epoch
end
for i = 6, #ARGV do fields[#fields + 1] = ARGV[i] end
each('HSET', fields)
local ends = now + ARGV[2]
if ARGV[3] ~= '-' then ends = math.min(ends, now + ARGV[3]) end
redis.call('PEXPIREAT', key, whole(ends))
return now
`)

/**
 * Update and rotation. ARGV: proof, new proof or '', idle, life and persistent or '', then lists that begin with their length: expected
 * (field, kind, text, prefix of its packed form), kept (-1: no clear), unset, set (field, text), indexes (name, kind, value).
 * {0}: none; {1}: conflict; {2}: done; {2, left indexes, facts}: done, and times or indexes changed.
 */
export const WRITE: Script = script(`${TIMES}${SNAPSHOT}${EACH}${NOTICED}
local place = 5
local function take()
  place = place + 1
  return ARGV[place]
end
local function takeList(length)
  local list = {}
  for i = 1, length do list[i] = take() end
  return list
end
local held = redis.call('HMGET', key, 'p', 't', 's', 'e', 'n')
if not held[2] or held[1] ~= ARGV[1] or over(held[4]) then return { 0 } end

for _ = 1, tonumber(take()) do
  local field, kind, text, packed = take(), take(), take(), take()
  local found = redis.call('HGET', key, field)
  if kind == '0' then
    if found then return { 1 } end
  elseif not found or (found ~= text and string.sub(found, 1, #packed) ~= packed) then
    return { 1 }
  end
end

local keeps = tonumber(take())
if keeps >= 0 then
  local keep, drop = {}, {}
  for _ = 1, keeps do keep[take()] = true end
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'v:' and not keep[field] then drop[#drop + 1] = field end
  end
  each('HDEL', drop)
end
each('HDEL', takeList(tonumber(take())))
each('HSET', takeList(tonumber(take())))

local left, indexes = {}, tonumber(take())
for _ = 1, indexes do
  local name, kind, value = take(), take(), take()
  local before = redis.call('HGET', key, 'x:' .. name)
  if kind == '1' then redis.call('HSET', key, 'x:' .. name, value) else redis.call('HDEL', key, 'x:' .. name) end
  if before and (kind ~= '1' or before ~= value) then
    left[#left + 1] = name
    left[#left + 1] = before
  end
end

local rotates, clocks = ARGV[2] ~= '', ARGV[3] ~= '' or ARGV[4] ~= ''
if not rotates and not clocks and ARGV[5] == '' and indexes == 0 then return { 2 } end
local created, started, authenticated, idle, life, persistent = parse(held[2])
local now = clock()
local last = seen(now, started, idle, life, held[3])
if ARGV[3] ~= '' then idle = ARGV[3] end
if ARGV[4] ~= '' then life = ARGV[4] end
if held[5] then life = noticed(held[5], rotates, started, life) end
if ARGV[5] ~= '' then persistent = ARGV[5] end
if rotates then
  last, started, authenticated = now, whole(now), whole(now)
  redis.call('HSET', key, 'p', ARGV[2])
end
if redis.call('HEXISTS', key, 'x:${USER_INDEX}') == 0 then authenticated = '-' end
redis.call('HSET', key, 's', whole(last), 't', table.concat({ created, started, authenticated, idle, life, persistent }, ' '))
local facts = snapshot(now, last)
if rotates or clocks then redis.call('PEXPIREAT', key, whole(math.min(last + idle, finish(started, life)))) end
return { 2, left, facts }
`)

/** 0: none; else the facts, the time, and when it was seen. */
export const FIND: Script = script(`${TIMES}${SNAPSHOT}
local held = redis.call('HMGET', key, 't', 's', 'e')
if not held[1] or over(held[3]) then return 0 end
local now = clock()
local _, started, _, idle, life = parse(held[1])
return snapshot(now, seen(now, started, idle, life, held[2]))
`)

/** ARGV: field and text that it must have, or ''. 0: none; else the indexes that it was in. */
export const REMOVE: Script = script(`${CLOCK}${EPOCH}
if ARGV[1] ~= '' and redis.call('HGET', key, ARGV[1]) ~= ARGV[2] then return 0 end
local all, indexes, birth = redis.call('HGETALL', key), {}, false
if #all == 0 then return 0 end
for i = 1, #all, 2 do
  if all[i] == 'e' then birth = all[i + 1] end
  if string.sub(all[i], 1, 2) == 'x:' then
    indexes[#indexes + 1] = string.sub(all[i], 3)
    indexes[#indexes + 1] = all[i + 1]
  end
end
if over(birth) then return 0 end
redis.call('DEL', key)
return indexes
`)

/** ARGV: index, from, to, text. 0: not of that value any more; else the facts, the time, and when it was seen. */
export const REASSIGN: Script = script(`${TIMES}${SNAPSHOT}
if redis.call('HGET', key, 'x:' .. ARGV[1]) ~= ARGV[2] or over(redis.call('HGET', key, 'e')) then return 0 end
redis.call('HSET', key, 'x:' .. ARGV[1], ARGV[3], 'v:' .. ARGV[1], ARGV[4])
local now, held = clock(), redis.call('HMGET', key, 't', 's')
local _, started, _, idle, life = parse(held[1])
return snapshot(now, seen(now, started, idle, life, held[2]))
`)

/** ARGV: index. Its value, or nothing. */
export const VALUE_OF: Script = script(`${CLOCK}${EPOCH}
local held = redis.call('HMGET', key, 'x:' .. ARGV[1], 'e')
return not over(held[2]) and held[1]
`)

/** Whether Redis can be reached, and what it does when its memory is full; an ACL may forbid to tell. */
export const PROBE: Script = script(`
local info = redis.pcall('INFO', 'memory')
return type(info) == 'string' and string.match(info, 'maxmemory_policy:(%S+)') or ''
`)
