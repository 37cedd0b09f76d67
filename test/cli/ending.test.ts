// The commands that end sessions: kill and cleanup.
import { describe, expect, test } from '@jest/globals'
import { SessionStoreError } from '../../lib/index.js'
import type { MemoryStore } from '../../stores/memory.js'
import { DAY, HOUR, SECOND, stored } from '../lib/harness.js'
import { cliInMemory, onStore } from './kit.js'

describe('kill', () => {
  test('ends one session without asking', async () => {
    const { open, cli, live } = cliInMemory()
    const [ann, bob] = [await open('ann'), await open('bob')]
    expect(await cli(`kill ${ann}`)).toEqual({ code: 0, out: 'Ended 1 session.\n', err: '' })
    expect([await live(ann), await live(bob)]).toEqual([false, true])
    expect(await cli(`kill ${ann}`)).toEqual({ code: 1, out: '', err: 'No session matches.\n' })
  })

  test('refuses several where nobody can be asked, unless --yes is said', async () => {
    const { open, cli, live } = cliInMemory()
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
    const { open, cli, live } = cliInMemory()
    const handle = await open('ann')
    await open('ann')
    const said = await cli('kill --user ann', { columns: 120, input })
    expect(said.code).toBe(code)
    expect(said.err).toContain('End 2 sessions? [y/N] ')
    expect(said.out).toContain(handle)
    expect(await live(handle)).toBe(lives)
  })

  test('with --dry-run only shows what would end', async () => {
    const { open, cli, live } = cliInMemory()
    const handles = [await open('ann'), await open('ann')]
    const said = await cli('kill --user ann --dry-run')
    expect(said).toMatchObject({ code: 0, err: '' })
    expect(said.out).toContain('Would end 2 sessions.')
    expect(JSON.parse((await cli('kill --user ann --dry-run --json')).out)).toMatchObject({ ended: 2, dryRun: true })
    expect(await Promise.all(handles.map(live))).toEqual([true, true])
  })

  test('with --graceful tells the users first, and the store ends the sessions in time', async () => {
    const { clock, store, open, cli, live } = cliInMemory()
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
    const { clock, store, open, live } = cliInMemory()
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
    const { clock, open, cli, live } = cliInMemory()
    const old = await open('ann')
    clock.now += HOUR
    const young = await open('ann')
    expect((await cli('kill --user ann --sort-by age --limit 1')).out).toBe('Ended 1 session.\n')
    expect([await live(old), await live(young)]).toEqual([false, true])
  })

  test('says as JSON which it ended', async () => {
    const { open, cli } = cliInMemory()
    const handles = [await open('ann'), await open('ann')]
    const said = JSON.parse((await cli('kill --user ann --yes --json')).out) as { handles: string[] }
    expect(said).toMatchObject({ ended: 2, gone: 0, spared: 0, interrupted: false, dryRun: false })
    expect([...said.handles].sort()).toEqual(handles.sort())
  })

  test('says how many it ended before the store failed, with exit code 3', async () => {
    const { store, open } = cliInMemory()
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
    const { store, open } = cliInMemory()
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
    const { clock, open, cli, live } = cliInMemory()
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
