// The commands that only show: list, show, stats and analyze.
import { describe, expect, test } from '@jest/globals'
import { DAY, HOUR, MINUTE, SECOND, stored } from '../lib/harness.js'
import { cliInMemory, type Said } from './kit.js'

const linesOf = ({ out }: Said): string[] => out.trimEnd().split('\n')
const handlesIn = (said: Said): string[] => linesOf(said).map((line) => (JSON.parse(line) as { handle: string }).handle)

describe('list', () => {
  test('is a table with spans of time for people', async () => {
    const { clock, open, cli } = cliInMemory()
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
    const { clock, open, cli } = cliInMemory()
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
    const { clock, open, cli } = cliInMemory()
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
    const { clock, open, cli } = cliInMemory()
    const first = await open('first')
    clock.now += MINUTE
    for (let n = 0; n < 2500; n++) await open(null)
    expect(handlesIn(await cli('list --json --sort-by age --limit 1'))).toEqual([first])
    expect(linesOf(await cli('list'))).toHaveLength(101)
  })

  test('that finds nothing says so and has exit code 1', async () => {
    const { cli } = cliInMemory()
    expect(await cli('list')).toEqual({ code: 1, out: '', err: 'No session matches.\n' })
    expect(await cli('list --json')).toMatchObject({ code: 1, out: '' })
  })

  test('shows the text of strangers as text, in the table and as JSON', async () => {
    const { open, cli } = cliInMemory()
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
    const { open, cli } = cliInMemory()
    await open('ann')
    expect((await cli('list', { columns: 100 })).out).toContain('\x1b[1mSESSION')
    expect((await cli('list', { columns: 100, env: { NO_COLOR: '1' } })).out).not.toContain('\x1b')
    expect((await cli('list')).out).not.toContain('\x1b')
  })
})

describe('show', () => {
  test('shows all that is known of a session, and neither its data nor its secret', async () => {
    const { clock, store, cli } = cliInMemory()
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
    const { open, cli } = cliInMemory()
    const there = await open('ann')
    const said = await cli(`show ${there} ${'x'.repeat(22)}`)
    expect(said).toMatchObject({ code: 1, err: 'No such session: 1 of 2.\n' })
    expect(said.out).toContain(there)
  })
})

describe('stats', () => {
  test('counts sessions and users, and names the oldest', async () => {
    const { clock, open, cli } = cliInMemory()
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
    const { cli } = cliInMemory()
    expect(linesOf(await cli('stats'))).toContain('oldest             -')
  })
})

describe('analyze', () => {
  test('shows how old and how idle sessions are, and who has most of them', async () => {
    const { clock, open, cli } = cliInMemory()
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
    const { open, cli } = cliInMemory()
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
    const { cli } = cliInMemory()
    expect((await cli('analyze')).out).toMatch(/^0 sessions, 0 signed in, 0 users\n/)
  })
})

test('what list shows as a handle is what show and kill take', async () => {
  const { open, cli } = cliInMemory()
  await open('ann')
  const [handle = ''] = handlesIn(await cli('list --json'))
  expect(handle).toMatch(/^[\w-]{22}$/)
  expect((await cli(`show ${handle}`)).code).toBe(0)
})
