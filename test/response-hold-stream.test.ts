import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { get, type ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { EntryHead } from '../lib/held-headers.js'
import type { HoldHooks } from '../lib/hold-hooks.js'
import { holdResponse } from '../lib/response-hold.js'
import {
  answerTo,
  asyncHooks,
  type Handler,
  held,
  hold,
  hooksWith,
  later,
  listening,
  pendingCommit,
  settled,
  syncHooks,
  withoutCookie,
} from './support/hold-exchange.js'

const MODES: [string, () => HoldHooks][] = [
  ['at once', syncHooks],
  ['after a wait', asyncHooks],
]
const CHUNK = randomBytes(64 * 1024)
const CHUNKS = 128

function source(): Readable {
  return Readable.from(Array<Buffer>(CHUNKS).fill(CHUNK))
}

/** Reads a little, and only when everything else has rested. */
async function readSlowly(port: number): Promise<string> {
  const request = get({ port, host: '127.0.0.1', agent: false })
  const [response] = (await once(request, 'response')) as [Readable]
  const hash = createHash('sha256')
  for await (const part of response) {
    hash.update(part as Buffer)
    await later()
  }
  return hash.digest('hex')
}

test.each(MODES)(
  'a stream of many megabytes to a slow reader arrives whole, and does not pile up: a commit done %s',
  async (_mode, hooks) => {
    const expected = createHash('sha256')
    for (let chunk = 0; chunk < CHUNKS; chunk++) expected.update(CHUNK)
    let longest = 0
    const handler: Handler = (_, res) => {
      const from = source()
      from.on('data', () => (longest = Math.max(longest, res.writableLength)))
      pipeline(from, res, () => {})
    }
    await using server = await listening(held(handler, hooks))
    expect(await readSlowly(server.port)).toBe(expected.digest('hex'))
    expect(longest).toBeLessThan((CHUNKS * CHUNK.length) / 4)
  },
)

test('a held write that fills the buffer asks for patience, and drains once, after it has left', async () => {
  const commit = pendingCommit()
  const seen: unknown[] = []
  const handler: Handler = (_, res) => {
    res.on('drain', () => {
      seen.push('drain')
      setImmediate(() => res.end())
    })
    seen.push(
      res.write('a'.repeat(res.writableHighWaterMark + 1), () => seen.push('written')),
      res.writableNeedDrain,
    )
  }
  void commit.asked.then(settled).then(() => {
    seen.push('committed')
    commit.succeed()
  })
  await answerTo(held(handler, () => hooksWith({ beforeFirstByte: commit.commit })))
  expect(seen.slice(0, 3)).toEqual([false, true, 'committed'])
  expect(seen.slice(3).toSorted()).toEqual(['drain', 'written'])
})

test.each(MODES)(
  'finish comes before close, each once, and after the callbacks of what was written: a commit done %s',
  async (_mode, hooks) => {
    const seen: string[] = []
    const handler: Handler = (_, res) => {
      for (const event of ['prefinish', 'finish', 'close']) res.on(event, () => seen.push(event))
      res.write('one', () => seen.push('one'))
      res.end('two', () => seen.push('ended'))
    }
    await answerTo(held(handler, hooks))
    expect(seen).toEqual(expect.arrayContaining(['prefinish', 'one', 'finish', 'ended', 'close']))
    expect([seen.indexOf('one') < seen.indexOf('finish'), seen.at(-1), seen.length]).toEqual([true, 'close', 5])
  },
)

/** A session that is first looked at late has its response held late. */
const LATE: [string, (res: ServerResponse) => void, (res: ServerResponse) => void][] = [
  ['writeHead', (res) => void res.writeHead(200, ['X-A', '1', 'X-A', '2']), (res) => void res.end('x')],
  ['writeHead(204)', (res) => void res.writeHead(204), (res) => void res.end()],
  ['setHeader', (res) => void res.setHeader('X-A', '1'), (res) => void res.write('x', () => res.end())],
]

test.each(LATE)('a hold that begins after %s adds its line, and can still refuse the response', async (_name, early, late) => {
  const bare = await answerTo((_, res) => (early(res), late(res)))
  for (const [, hooks] of MODES) {
    const handler: Handler = (_, res) => (early(res), hold(res, hooks()), late(res))
    expect(withoutCookie(await answerTo(handler))).toEqual({ bytes: bare, cookies: 1 })
  }
  const refused: Handler = (_, res) => {
    const entry = new EntryHead(res)
    early(res)
    const hooks = hooksWith({
      beforeFirstByte: () => later().then(() => Promise.reject(new Error('store down'))),
      onRefused: () => void res.end('error page'),
      onCut: () => {},
    })
    holdResponse(res, entry, hooks).watchEnd()
    late(res)
  }
  expect(await answerTo(refused)).toMatch(/(error page|Service Unavailable)$/)
})

test('a hold that begins after the first byte waits at the end only', async () => {
  const end = pendingCommit()
  const released: string[] = []
  const handler: Handler = (_, res) => {
    res.write('first', () => {
      const never = (): never => {
        throw new Error('too late')
      }
      hold(res, hooksWith({ beforeFirstByte: never, decorate: never, beforeEnd: end.commit, onReleased: () => released.push('released') }))
      res.write('second')
      res.end('last')
    })
  }
  void end.asked.then(settled).then(end.succeed)
  expect(await answerTo(handler)).toMatch(/first[\s\S]*second[\s\S]*last\r\n0\r\n\r\n$/)
  expect([end.calls, released]).toEqual([1, ['released']])
})

test.each(MODES)('a response whose end is not watched is held at its first output all the same: a commit done %s', async (_mode, hooks) => {
  for (const [, , late] of LATE) {
    const bare = await answerTo((_, res) => late(res))
    const handler: Handler = (_, res) => {
      holdResponse(res, new EntryHead(res), hooks())
      late(res)
    }
    expect(withoutCookie(await answerTo(handler))).toEqual({ bytes: bare, cookies: 1 })
  }
})
