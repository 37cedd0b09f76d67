// How many sessions a user may have, whoever signs in at the same time and wherever: two sites on one backend.

import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { SessionStore, Sessions } from '../../lib/index.js'
import type { LimitOptions, Priority } from '../../lib/limit-options.js'
import { route, userOf } from '../security/kit.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { type Site, siteOpener } from '../support/site.js'

export interface LimitBackend {
  /** A store for one site; the same backend for all. */
  open(): SessionStore | Promise<SessionStore>
}

interface Place {
  readonly sites: readonly [Site, Site]
  readonly user: string
  /** A new browser at one of the sites, in turn. */
  browser(): Browser
  /** Handles of the user's live sessions. */
  live(): Promise<string[]>
  readonly sessions: Sessions
}

export function describeLimits(name: string, backend: LimitBackend): void {
  const openSite = siteOpener()

  async function open(limits: LimitOptions, wrapped: (store: SessionStore) => SessionStore = (store) => store): Promise<Place> {
    const user = randomUUID()
    const signIn = (options: { keep?: true; priority?: Priority } = {}) => route((session) => session.signIn(user, options))
    const routes = {
      '/in': signIn(),
      '/again': signIn({ keep: true }),
      '/low': signIn({ priority: 'low' }),
      '/high': signIn({ priority: 'high' }),
      '/forgotten': route((session) => void session.set('userId', user)),
      '/tried': route((session) => session.signIn(user).catch((error: { code: string; status: number }) => [error.code, error.status])),
      '/out': route((session) => session.signOut()),
      '/user': route((session) => session.get('userId') ?? 'nobody'),
      '/handle': route((session) => session.info.handle),
    }
    const one = async (): Promise<Site> =>
      openSite({ framework: 'Express 5', options: { store: wrapped(await backend.open()), limits }, routes })
    const sites = [await one(), await one()] as const
    let turn = 0
    const browser = (): Browser => new Browser(sites[turn++ % 2]?.port ?? 0)
    const { sessions } = sites[0]
    return { sites, user, browser, sessions, live: async () => (await sessions.list({ user })).map(({ handle }) => handle) }
  }

  async function signedIn(place: Place, path = '/in'): Promise<Browser> {
    const browser = place.browser()
    expect((await browser.get(path)).status).toBe(200)
    return browser
  }

  async function users(browsers: readonly Browser[], { user }: Place): Promise<boolean[]> {
    return Promise.all(browsers.map(async (browser) => (await userOf(browser)) === user))
  }

  describe(`the limit of sessions per user: ${name}`, () => {
    test('ten sign-ins at the same time with a limit of three end with three', async () => {
      const place = await open({ perUser: 3 })
      const browsers = Array.from({ length: 10 }, () => place.browser())
      await Promise.all(browsers.map((browser) => browser.get('/in')))
      expect((await users(browsers, place)).filter(Boolean)).toHaveLength(3)
      expect(await place.live()).toHaveLength(3)
    })

    test('ten sign-ins at the same time that are denied beyond three leave three, and seven are told so', async () => {
      const place = await open({ perUser: 3, onExceed: 'deny_new' })
      const answers = await Promise.all(Array.from({ length: 10 }, () => place.browser().get('/in')))
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, ...Array(7).fill(409)])
      expect(await place.live()).toHaveLength(3)
      expect(place.sites[0].count('ended') + place.sites[1].count('ended')).toBe(0)
    })

    test('the one signed in longest ago goes first', async () => {
      const place = await open({ perUser: 2 })
      const browsers = [await signedIn(place), await signedIn(place), await signedIn(place)]
      expect(await users(browsers, place)).toEqual([false, true, true])
      expect(place.sites[0].events.filter(({ name: event }) => event === 'ended')).toMatchObject([{ reason: 'limit', userId: place.user }])
    })

    test('with terminate_idlest the one that was not used for longest goes first', async () => {
      const place = await open({ perUser: 2, onExceed: 'terminate_idlest' })
      const [first, second] = [await signedIn(place), await signedIn(place)]
      await new Promise((resolve) => setTimeout(resolve, 5))
      await first.get('/user')
      const third = await signedIn(place)
      expect(await users([first, second, third], place)).toEqual([true, false, true])
    })

    test('a function chooses who goes, and sees nothing that works as a cookie', async () => {
      const seen: unknown[] = []
      const place = await open({
        perUser: 2,
        onExceed: (sessions) => {
          seen.push(...sessions)
          return sessions.map(({ handle }) => handle).sort()[0]
        },
      })
      const browsers = [await signedIn(place), await signedIn(place)]
      const handles = await Promise.all(browsers.map(async (browser) => (await browser.get('/handle')).json() as string))
      await signedIn(place)
      expect(await place.live()).not.toContain(handles.sort()[0])
      expect(await place.live()).toHaveLength(2)
      expect(JSON.stringify(seen)).not.toMatch(/[\w-]{43}/)
    })

    test('lower priorities go first, and a newcomer of the lowest is not signed in', async () => {
      const place = await open({ perUser: 2 })
      const [low, high] = [await signedIn(place, '/low'), await signedIn(place, '/high')]
      const normal = await signedIn(place)
      expect(await users([low, high, normal], place)).toEqual([false, true, true])
      const late = place.browser()
      expect((await late.get('/low')).status).toBe(409)
      expect(await users([high, normal, late], place)).toEqual([true, true, false])
    })

    test('who signs in again without a priority keeps the one of before', async () => {
      const place = await open({ perUser: 2 })
      const [high, normal] = [await signedIn(place, '/high'), await signedIn(place)]
      await high.get('/again')
      await normal.get('/again')
      expect((await place.browser().get('/in')).status).toBe(200)
      expect(await users([high, normal], place)).toEqual([true, false])
    })

    test('a place whose session could not be made is free for the next sign-in', async () => {
      const place = await open({ perUser: 1, onExceed: 'deny_new' }, (store) => {
        const faulty = new FaultyStore(store)
        faulty.fail('create', 'reject')
        return faulty
      })
      const browser = place.browser()
      expect((await browser.get('/in')).status).toBe(503)
      expect((await browser.get('/in')).status).toBe(200)
    })

    test('who signs in again, or out, neither takes a second place nor keeps the first', async () => {
      const place = await open({ perUser: 2, onExceed: 'deny_new' })
      const [first, second] = [await signedIn(place), await signedIn(place)]
      expect((await first.get('/again')).status).toBe(200)
      expect((await place.browser().get('/in')).status).toBe(409)
      await second.get('/out')
      expect((await place.browser().get('/in')).status).toBe(200)
      expect(await place.live()).toHaveLength(2)
    })

    test('a place is free again when its session is ended from outside', async () => {
      const place = await open({ perUser: 1, onExceed: 'deny_new' })
      await signedIn(place)
      await place.sessions.end((await place.live())[0] as string)
      expect((await place.browser().get('/in')).status).toBe(200)
    })

    test('a denied sign-in rejects before anything changes, and can be answered', async () => {
      const place = await open({ perUser: 1, onExceed: 'deny_new' })
      await signedIn(place)
      const browser = place.browser()
      const { status, body, setCookie } = await browser.get('/tried')
      expect([status, JSON.parse(body), setCookie]).toEqual([200, ['ERR_SESSION_LIMIT', 409], []])
      expect(await place.live()).toHaveLength(1)
    })

    test('a user who changes without a sign-in is counted all the same', async () => {
      for (const onExceed of ['deny_new', 'terminate_oldest'] as const) {
        const place = await open({ perUser: 1, onExceed })
        const first = await signedIn(place)
        const second = place.browser()
        const { status } = await second.get('/forgotten')
        expect([onExceed, status, await users([first, second], place)]).toEqual(
          onExceed === 'deny_new' ? [onExceed, 409, [true, false]] : [onExceed, 200, [false, true]],
        )
      }
    })
  })
}
