// The built command line on a real Redis, with sessions that real requests made; where somebody is asked, in a pseudo-terminal.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import express from 'express'
import request from 'supertest'
import { type Sessions, session } from '../../lib/index.js'
import { SECRET } from '../lib/harness.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { inspector } from '../stores/redis-kit.js'
import { type Built, buildCli } from './kit.js'

jest.setTimeout(60_000)

let redis: RedisServer
let built: Built
let sessions: Sessions
let app: express.Express
let env: Record<string, string>

beforeAll(async () => {
  redis = await startRedis()
  built = buildCli()
  env = { SESSION_STORE: redis.url }
})
afterAll(async () => {
  built.remove()
  await redis.stop()
})

beforeEach(async () => {
  sessions = session({ secret: SECRET, store: redis.url })
  app = express().use(sessions)
  app.get('/', (req, res) => void res.json(req.session.info.userId ?? null))
  app.post('/sign-in/:user', async (req, res) => (await req.session.signIn(req.params.user), res.end()))
})
afterEach(async () => {
  const client = await inspector(redis.url)
  await client.flushAll()
  await client.close()
  await sessions.close()
})

/** Its cookie. */
async function signIn(user: string, agent = 'A browser'): Promise<string> {
  const { headers } = await request(app).post(`/sign-in/${user}`).set('User-Agent', agent).expect(200)
  return String(headers['set-cookie']).split(';', 1)[0] ?? ''
}

async function userOf(cookie: string): Promise<unknown> {
  return (await request(app).get('/').set('Cookie', cookie)).body
}

const handleIn = (cookie: string): string => /[\w-]{22}/.exec(cookie.split('=')[1] ?? '')?.[0] ?? ''

describe('in a pseudo-terminal', () => {
  test('the table is as wide as the terminal, and nothing in it works as a cookie', async () => {
    const cookie = await signIn('ann', `Hostile \x9b2J ${'x'.repeat(300)}`)
    const said = await built.type(['list', '--user', 'ann'], [], env)
    expect(said.code).toBe(0)
    const [title = '', line = ''] = said.out.trimEnd().split('\n')
    expect(title.replaceAll('\x1b', 'ESC')).toMatch(/^ESC\[1mSESSION +USER +CREATED +LAST SEEN +ENDS IN +ADDRESS +AGENTESC\[22m$/)
    expect(line).toMatch(new RegExp(`^${handleIn(cookie)}  ann +\\S.*x…$`))
    expect(line).toHaveLength(120)
    const [, verifier = '', signature = ''] = decodeURIComponent(cookie).split('.')
    expect(verifier).toHaveLength(43)
    for (const secret of [verifier, signature]) expect(said.out).not.toContain(secret)
  })

  test('a yes to the question ends the sessions, and their cookies are dead', async () => {
    const cookies = [await signIn('ann'), await signIn('ann'), await signIn('bob')]
    const said = await built.type(['kill', '--user', 'ann'], [['End 2 sessions? [y/N] ', 'y\n']], env)
    expect(said).toMatchObject({ code: 0 })
    expect(said.out).toMatch(/End 2 sessions\? \[y\/N\] y\n+Ended 2 sessions\.\n$/)
    expect(await Promise.all(cookies.map(userOf))).toEqual([null, null, 'bob'])
  })

  test('a no ends nothing', async () => {
    const cookies = [await signIn('ann'), await signIn('ann')]
    const said = await built.type(['kill', '--user', 'ann'], [['[y/N] ', 'n\n']], env)
    expect(said.code).toBe(1)
    expect(said.out).toContain('Nothing was ended.')
    expect(await Promise.all(cookies.map(userOf))).toEqual(['ann', 'ann'])
  })

  test.each([
    ['Ctrl-C', '\x03', 130],
    ['the end of the input', '\x04', 1],
  ])('%s at the question ends nothing and leaves a usable terminal', async (_, key, code) => {
    const cookies = [await signIn('ann'), await signIn('ann')]
    const said = await built.type(['kill', '--user', 'ann'], [['[y/N] ', key]], env)
    expect(said.code).toBe(code)
    expect(said.out).toMatch(/(Interrupted|Nothing was ended)\.\n$/)
    expect(await Promise.all(cookies.map(userOf))).toEqual(['ann', 'ann'])
  })

  test('Ctrl-C also stops a command that waits for its store', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const asked = once(silent, 'connection')
    const { port } = silent.address() as AddressInfo
    const said = await built.type(['stats', '--store', `redis://127.0.0.1:${port}`], [[asked, '\x03']])
    silent.close()
    expect(said.code).toBe(130)
    expect(said.out).toMatch(/Interrupted\.\n$/)
  })

  test('a user who is warned sees the notice before the session ends', async () => {
    const cookies = [await signIn('ann'), await signIn('ann')]
    const args = ['kill', '--user', 'ann', '--graceful', '--warning-seconds', '60', '--message', "We're moving"]
    const said = await built.type(args, [['Warn the users of 2 sessions and end them in 60s? [y/N] ', 'yes\n']], env)
    expect(said).toMatchObject({ code: 0, out: expect.stringContaining('2 sessions will end in 60s.') })
    expect(await Promise.all(cookies.map(userOf))).toEqual(['ann', 'ann'])
    const listed = await sessions.list({ user: 'ann' })
    expect(listed.map(({ notice }) => notice?.message)).toEqual(["We're moving", "We're moving"])
  })
})

describe('without a terminal', () => {
  test('JSON goes through a pipe, one object per line', async () => {
    const cookies = [await signIn('ann'), await signIn('bob')]
    const { code, out, err } = await built.run(['list', '--json', '--sort-by', 'age'], env)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const listed = out.trimEnd().split('\n')
    expect(listed.map((line) => (JSON.parse(line) as { handle: string }).handle)).toEqual(cookies.map(handleIn))
  })

  test('several sessions are not ended without --yes', async () => {
    const cookies = [await signIn('ann'), await signIn('ann')]
    expect(await built.run(['kill', '--user', 'ann'], env)).toMatchObject({ code: 2, out: '' })
    expect(await Promise.all(cookies.map(userOf))).toEqual(['ann', 'ann'])
    expect(await built.run(['kill', '--user', 'ann', '--yes'], env)).toEqual({ code: 0, out: 'Ended 2 sessions.\n', err: '' })
    expect(await Promise.all(cookies.map(userOf))).toEqual([null, null])
  })

  test('only the namespace that was named is looked at', async () => {
    await signIn('ann')
    expect((await built.run(['list', '--ns', 'other:'], env)).code).toBe(1)
    expect((await built.run(['list', '--ns', 'sess:', '--store', redis.url])).code).toBe(0)
  })

  test('a store that cannot be reached has exit code 3 and shows no password', async () => {
    const said = await built.run(['stats', '--store', 'redis://ann:hunter2@127.0.0.1:1'])
    expect(said).toMatchObject({ code: 3, out: '' })
    expect(said.err).toMatch(/^steady-session: session store: connect .+\n$/)
    expect(said.err).not.toContain('hunter2')
  })

  test('a store that cannot list has exit code 2, whether it is there or not', async () => {
    const said = await built.run(['list', '--store', 'memcache://127.0.0.1:1'])
    expect(said).toMatchObject({ code: 2, out: '' })
    expect(said.err).toBe(
      'steady-session: --store: the memcache store cannot list its sessions, so there is nothing to see or end from here; Redis can; see --help\n',
    )
  })

  test('the version is that of the package', async () => {
    expect((await built.run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
