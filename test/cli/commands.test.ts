import { beforeEach, describe, expect, test } from '@jest/globals'
import { memoryStore, SessionStoreError } from '../../lib/index.js'
import type { SessionRecord } from '../../lib/store.js'
import type { MemoryStore } from '../../stores/memory.js'
import { type Clock, clockAt, DAY, HOUR, MINUTE, SECOND, stored } from '../lib/harness.js'
import { onStore, type Said, type TerminalOptions } from './kit.js'

const START = Date.UTC(2026, 10, 22)
const HANDLE = /^[\w-]{22}$/

let clock: Clock
let store: MemoryStore

beforeEach(() => {
  clock = clockAt(START)
  store = memoryStore({ clock })
})

type Terms = Partial<SessionRecord['terms']>

/** Its handle. */
async function open(userId: string | null, terms: Terms = {}): Promise<string> {
  const indexes: Record<string, string> = userId === null ? {} : { userId }
  return (await stored(store, { secret: 'data' }, { indexes, address: '192.0.2.7', agent: 'A browser', ...terms })).slice(0, 22)
}

const cli = (args: string, options?: TerminalOptions): Promise<Said> => onStore(store, args.split(' ').filter(Boolean), options)
const linesOf = ({ out }: Said): string[] => out.trimEnd().split('\n')
const handlesIn = (said: Said): string[] => linesOf(said).map((line) => (JSON.parse(line) as { handle: string }).handle)
const live = async (handle: string): Promise<boolean> => (await store.index.find(handle)) !== null

describe('list', () => {
  test('is a table with spans of time for people', async () => {
    const handle = await open('ann')
    clock.now += 2 * HOUR + 15 * MINUTE
    const said = await cli('list')
    expect(said).toMatchObject({ code: 0, err: '' })
    expect(linesOf(said)).toEqual([
      'SESSION                 USER  CREATED     LAST SEEN   ENDS IN  ADDRESS    AGENT',
      `${handle}  ann   2h 15m ago  2h 15m ago  13d 21h  192.0.2.7  A browser`,
    ])
  })

  test('filters by user, by idleness, by age and by handle', async () => {
    const old = await open('ann')
    clock.now += DAY
    const young = await open('ann')
    const other = await open('bob')
    expect(handlesIn(await cli('list --json --user ann')).sort()).toEqual([old, young].sort())
    expect(handlesIn(await cli('list --json --min-duration 24h'))).toEqual([old])
    expect(handlesIn(await cli('list --json --idle-longer-than 30m'))).toEqual([old])
    expect(handlesIn(await cli(`list --json --session-id ${other} --session-id ${young}`))).toEqual([other, young])
    expect((await cli(`list --session-id ${other} --user ann`)).code).toBe(1)
  })

  test('is sorted by age, the oldest first, and says that the limit left some out', async () => {
    const handles: string[] = []
    for (let n = 0; n < 30; n++) {
      clock.now += MINUTE
      handles.push(await open(`user-${n}`))
    }
    const said = await cli('list --json --sort-by age --limit 3')
    expect(handlesIn(said)).toEqual(handles.slice(0, 3))
    expect(said.err).toBe('There are more than these 3; --limit shows more.\n')
    expect(handlesIn(await cli('list --json --limit 3'))).toHaveLength(3)
    expect((await cli('list --sort-by age --limit 30')).err).toBe('')
  })

  test('keeps the oldest also among more sessions than it keeps in memory', async () => {
    const first = await open('first')
    clock.now += MINUTE
    for (let n = 0; n < 2500; n++) await open(null)
    expect(handlesIn(await cli('list --json --sort-by age --limit 1'))).toEqual([first])
    expect(linesOf(await cli('list'))).toHaveLength(101)
  })

  test('that finds nothing says so and has exit code 1', async () => {
    expect(await cli('list')).toEqual({ code: 1, out: '', err: 'No session matches.\n' })
    expect(await cli('list --json')).toMatchObject({ code: 1, out: '' })
  })

  test('shows the text of strangers as text, in the table and as JSON', async () => {
    const agent = '\x1b]0;owned\x07\x9b2J\u202eevil\u2028'
    const handle = await open('an\x1b[31mn', { agent })
    const said = [
      await cli('list'),
      await cli('list --json'),
      await cli(`show ${handle}`),
      await cli('analyze'),
      await cli('analyze --json'),
    ]
    for (const { out, code } of said) {
      expect(code).toBe(0)
      expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }
    expect(JSON.parse(said[1]?.out ?? '')).toMatchObject({ agent, userId: 'an\x1b[31mn' })
    expect(said[0]?.out).toContain('an\\u{1b}[31mn')
  })

  test('prints titles in bold on a terminal only, and never where NO_COLOR is set', async () => {
    await open('ann')
    expect((await cli('list', { columns: 100 })).out).toContain('\x1b[1mSESSION')
    expect((await cli('list', { columns: 100, env: { NO_COLOR: '1' } })).out).not.toContain('\x1b')
    expect((await cli('list')).out).not.toContain('\x1b')
  })
})

describe('show', () => {
  test('shows all that is known of a session, and neither its data nor its secret', async () => {
    const token = await stored(store, { secret: 'data' }, { indexes: { userId: 'ann', team: 'red' }, address: '192.0.2.7' })
    const [handle = '', verifier = ''] = token.split('.')
    clock.now += 90 * SECOND
    const said = await cli(`show ${handle}`)
    expect(linesOf(said)).toEqual([
      `session     ${handle}`,
      'user        ann',
      'index team  red',
      'created     2026-11-22 00:00:00 UTC (1m 30s ago)',
      'signed in   2026-11-22 00:00:00 UTC (1m 30s ago)',
      'last seen   2026-11-22 00:00:00 UTC (1m 30s ago)',
      'expires     2026-12-06 00:00:00 UTC (in 13d 23h)',
      'remembered  yes',
      'address     192.0.2.7',
      'agent       -',
    ])
    const all = said.out + (await cli(`show --json ${handle}`)).out
    expect(all).not.toContain(verifier)
    expect(all).not.toContain('data')
  })

  test('of a session that is not there has exit code 1', async () => {
    const there = await open('ann')
    const said = await cli(`show ${there} ${'x'.repeat(22)}`)
    expect(said).toMatchObject({ code: 1, err: 'No such session: 1 of 2.\n' })
    expect(said.out).toContain(there)
  })
})

describe('kill', () => {
  test('ends one session without asking', async () => {
    const [ann, bob] = [await open('ann'), await open('bob')]
    expect(await cli(`kill ${ann}`)).toEqual({ code: 0, out: 'Ended 1 session.\n', err: '' })
    expect([await live(ann), await live(bob)]).toEqual([false, true])
    expect(await cli(`kill ${ann}`)).toEqual({ code: 1, out: '', err: 'No session matches.\n' })
  })

  test('refuses several where nobody can be asked, unless --yes is said', async () => {
    const handles = [await open('ann'), await open('ann'), await open('bob')]
    const refused = await cli('kill --user ann')
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toContain('2 sessions would end and there is no terminal to ask on; say --yes')
    expect(await Promise.all(handles.map(live))).toEqual([true, true, true])
    expect(await cli('kill --user ann --yes')).toEqual({ code: 0, out: 'Ended 2 sessions.\n', err: '' })
    expect(await Promise.all(handles.map(live))).toEqual([false, false, true])
  })

  test.each([
    ['y\n', 0, false],
    ['YES\n', 0, false],
    ['n\n', 1, true],
    ['\n', 1, true],
    ['', 1, true],
  ])('asks, and takes %j for an answer with exit code %d', async (input, code, lives) => {
    const handle = await open('ann')
    await open('ann')
    const said = await cli('kill --user ann', { columns: 120, input })
    expect(said.code).toBe(code)
    expect(said.err).toContain('End 2 sessions? [y/N] ')
    expect(said.out).toContain(handle)
    expect(await live(handle)).toBe(lives)
  })

  test('with --dry-run only shows what would end', async () => {
    const handles = [await open('ann'), await open('ann')]
    const said = await cli('kill --user ann --dry-run')
    expect(said).toMatchObject({ code: 0, err: '' })
    expect(said.out).toContain('Would end 2 sessions.')
    expect(JSON.parse((await cli('kill --user ann --dry-run --json')).out)).toMatchObject({ ended: 2, dryRun: true })
    expect(await Promise.all(handles.map(live))).toEqual([true, true])
  })

  test('with --graceful tells the users first, and the store ends the sessions in time', async () => {
    const handle = await open('ann')
    const said = await onStore(store, ['kill', handle, '--graceful', '--warning-seconds', '90', '--message', 'We are moving.'])
    expect(said).toEqual({ code: 0, out: '1 session will end in 90s.\n', err: '' })
    expect((await store.index.find(handle))?.facts.notice).toEqual({ message: 'We are moving.', endsAt: clock.now + 90 * SECOND })
    expect((await cli('list')).out).toContain('1m 30s')
    expect((await cli(`show ${handle}`)).out).toContain('We are moving.')
    clock.now += 90 * SECOND
    expect(await live(handle)).toBe(false)
  })

  test('spares what came back into use while the question waited', async () => {
    const [idle, back] = [await open('ann'), await stored(store, {}, { indexes: { userId: 'ann' } })]
    clock.now += HOUR
    const index = Object.create(store.index, {
      find: {
        value: async (handle: string) => {
          await store.load(back, { slide: true })
          return store.index.find(handle)
        },
      },
    })
    const watched = Object.create(store, { index: { value: index } }) as MemoryStore
    const said = await onStore(watched, 'kill --idle-longer-than 30m --yes'.split(' '))
    expect(said.out).toBe('Ended 1 session.\n1 session changed meanwhile and stayed.\n')
    expect([await live(idle), await live(back.slice(0, 22))]).toEqual([false, true])
  })

  test('takes the oldest so many', async () => {
    const old = await open('ann')
    clock.now += HOUR
    const young = await open('ann')
    expect((await cli('kill --user ann --sort-by age --limit 1')).out).toBe('Ended 1 session.\n')
    expect([await live(old), await live(young)]).toEqual([false, true])
  })

  test('says as JSON which it ended', async () => {
    const handles = [await open('ann'), await open('ann')]
    const said = JSON.parse((await cli('kill --user ann --yes --json')).out) as { handles: string[] }
    expect(said).toMatchObject({ ended: 2, gone: 0, spared: 0, interrupted: false, dryRun: false })
    expect([...said.handles].sort()).toEqual(handles.sort())
  })

  test('says how many it ended before the store failed, with exit code 3', async () => {
    for (let n = 0; n < 50; n++) await open('ann')
    let asked = 0
    const end = (handle: string): boolean => {
      asked += 1
      if (asked > 25) throw new SessionStoreError('end', 'failed', { unknown: false })
      return store.index.end(handle)
    }
    const watched = Object.create(store, { index: { value: Object.create(store.index, { end: { value: end } }) } }) as MemoryStore
    const said = await onStore(watched, 'kill --user ann --yes'.split(' '))
    expect(said).toEqual({ code: 3, out: 'Ended 25 sessions.\n', err: 'steady-session: session store: end failed\n' })
    expect(store.size).toBe(25)
  })

  test('stops at Ctrl-C between two batches and says how far it came', async () => {
    for (let n = 0; n < 50; n++) await open('ann')
    const interruption = new AbortController()
    const index = Object.create(store.index, {
      end: { value: (handle: string) => (interruption.abort(), store.index.end(handle)) },
    })
    const watched = Object.create(store, { index: { value: index } }) as MemoryStore
    const said = await onStore(watched, 'kill --user ann --yes'.split(' '), { interrupted: interruption.signal })
    expect(said).toEqual({ code: 130, out: 'Ended 20 sessions.\n', err: 'Interrupted: the others stayed.\n' })
    expect(store.size).toBe(30)
  })
})

describe('cleanup', () => {
  test('ends what nobody has used for so long, and nothing to end is a success', async () => {
    const idle = await open('ann')
    clock.now += 7 * DAY
    const used = await open('bob')
    expect((await cli('cleanup --idle-longer-than 7d --dry-run')).out).toContain('Would end 1 session.')
    expect(await cli('cleanup --idle-longer-than 7d')).toEqual({ code: 0, out: 'Ended 1 session.\n', err: '' })
    expect([await live(idle), await live(used)]).toEqual([false, true])
    expect(await cli('cleanup --idle-longer-than 7d')).toMatchObject({ code: 0 })
    expect(JSON.parse((await cli('cleanup --idle-longer-than 7d --json')).out)).toMatchObject({ ended: 0 })
  })
})

describe('stats', () => {
  test('counts sessions and users, and names the oldest', async () => {
    const oldest = await open('ann')
    clock.now += 2 * HOUR
    await open('ann')
    await open('bob')
    await open(null)
    expect(linesOf(await cli('stats'))).toEqual([
      'active             4',
      'signed in          3',
      'users              2',
      'sessions per user  1.5',
      'mean age           30m',
      `oldest             2h ago (${oldest})`,
    ])
    expect(JSON.parse((await cli('stats --json')).out)).toEqual({
      active: 4,
      signedIn: 3,
      users: 2,
      sessionsPerUser: 1.5,
      meanAge: 1800,
      oldestAge: 7200,
      oldest,
    })
  })

  test('of an empty store are zeros', async () => {
    expect(linesOf(await cli('stats'))).toContain('oldest             -')
  })
})

describe('analyze', () => {
  test('shows how old and how idle sessions are, and who has most of them', async () => {
    await open('ann')
    clock.now += 2 * DAY
    await open('bob', { agent: 'Another' })
    await open('bob', { agent: 'Another', address: '' })
    const said = await cli('analyze')
    expect(said.code).toBe(0)
    expect(said.out).toMatch(/^3 sessions, 3 signed in, 2 users\n/)
    expect(said.out).toMatch(/^under 5m +2 {2}#{20}$/m)
    expect(said.out).toMatch(/^1d to 7d +1 {2}#{10}$/m)
    expect(said.out).toMatch(/SESSIONS {2}USER\n +2 {2}bob\n +1 {2}ann\n/)
    expect(said.out).toMatch(/SESSIONS {2}ADDRESS\n +2 {2}192\.0\.2\.7\n +1 {2}\(unknown\)\n/)
    expect(said.out).toContain('Nothing unusual')
  })

  test('names users with many sessions or addresses, and addresses with many users', async () => {
    for (let n = 0; n < 10; n++) await open('ann', { address: `192.0.2.${n % 5}` })
    for (let n = 0; n < 20; n++) await open(`user-${n}`, { address: '198.51.100.1' })
    const { unusual } = JSON.parse((await cli('analyze --json')).out) as { unusual: unknown[] }
    expect(unusual).toEqual([
      { what: 'userWithManySessions', of: 'ann', count: 10 },
      { what: 'userWithManyAddresses', of: 'ann', count: 5 },
      { what: 'addressWithManyUsers', of: '198.51.100.1', count: 20 },
    ])
    expect((await cli('analyze')).out).toMatch(/^ann +a user with 10 sessions$/m)
  })

  test('of an empty store divides by nothing', async () => {
    expect((await cli('analyze')).out).toMatch(/^0 sessions, 0 signed in, 0 users\n/)
  })
})

test('what list shows as a handle is what show and kill take', async () => {
  await open('ann')
  const [handle = ''] = handlesIn(await cli('list --json'))
  expect(handle).toMatch(HANDLE)
  expect((await cli(`show ${handle}`)).code).toBe(0)
})
