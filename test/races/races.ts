// Every race, written once: a store's race tests are one call of `describeRaces`.
import { describe } from '@jest/globals'
import type { MaybePromise, SessionOptions, SessionStore } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { FRAMEWORKS, type Framework, type Middleware, type Routes, type Site, siteOpener } from '../support/site.js'
import { atRest } from './at-rest.js'
import { clocks } from './clocks.js'
import { failuresAtEnd } from './failures-at-end.js'
import { failuresInStream } from './failures-in-stream.js'
import { failuresUnseen } from './failures-unseen.js'
import { firstRequests } from './first-requests.js'
import { lostUpdate } from './lost-update.js'
import { passportRaces } from './passport.js'
import { readsAndStrangers } from './reads-and-strangers.js'
import { redirectAgainstSave } from './redirect.js'
import { type PromiseNumber, type Proving, type RaceLimit, Rules } from './rules.js'
import { signInRaces } from './sign-in.js'
import { signedOut } from './signed-out.js'
import { switchOfUser } from './switch-of-user.js'
import { twoServers } from './two-servers.js'
import { unknownOutcome } from './unknown-outcome.js'

export interface RaceOptions {
  /** What the store cannot promise; the races that need it are skipped, under its name. */
  readonly cannot?: readonly RaceLimit[]
  /** Two stores over one backend, as two processes have them. A store that lives in its process has no such thing. */
  readonly openTwo?: () => MaybePromise<readonly [SessionStore, SessionStore]>
  /** A store whose clock the test moves, for sessions that expire meanwhile. */
  readonly openWithClock?: () => { readonly store: SessionStore; readonly advance: (ms: number) => void }
  /** All that the backend keeps of these sessions, as text; `null` for a store that keeps nothing. */
  readonly dump: ((store: SessionStore, handles: readonly string[]) => MaybePromise<string>) | null
  /** How many commands the backend has got so far. Default: one for each call of the store. */
  readonly commands?: (store: SessionStore) => number
  /** The deadline where a store that hangs is waited for to the end. Default: long enough for a server on a busy machine. */
  readonly storeTimeout?: string
  /** Default: all. */
  readonly frameworks?: readonly Framework[]
}

/** A running site, its store, and as many browsers as the race needs. */
export interface Race {
  readonly site: Site
  readonly store: FaultyStore
  browser(): Browser
  dump(handles: readonly string[]): Promise<string | null>
  commands(): number
}

export type RaceSessionOptions = Omit<SessionOptions, 'store' | 'secret'>
export type ClockedRace = Race & { advance(ms: number): void }

export interface RaceSetup {
  readonly framework: Framework
  readonly storeTimeout: string
  /** What rules are written with, those that prove these promises. */
  proving(...promises: readonly PromiseNumber[]): Proving
  can(limit: RaceLimit): boolean
  start(routes: Routes, options?: RaceSessionOptions, middlewares?: readonly Middleware[]): Promise<Race>
  /** Two servers of one site. */
  readonly startTwo: ((routes: Routes) => Promise<readonly [Race, Race]>) | null
  readonly startWithClock: ((routes: Routes, options: RaceSessionOptions) => Promise<ClockedRace>) | null
}

export function describeRaces(name: string, open: () => MaybePromise<SessionStore>, options: RaceOptions): void {
  const frameworks = options.frameworks ?? (Object.keys(FRAMEWORKS) as Framework[])
  describe.each(frameworks)(`${name} keeps its promises, %s`, (framework) => {
    const rules = new Rules(options.cannot ?? [])
    const setup = setUp(framework, open, options, rules)
    lostUpdate(setup)
    signedOut(setup)
    redirectAgainstSave(setup)
    signInRaces(setup)
    switchOfUser(setup)
    twoServers(setup)
    firstRequests(setup)
    readsAndStrangers(setup)
    atRest(setup)
    clocks(setup)
    failuresAtEnd(setup)
    failuresInStream(setup)
    failuresUnseen(setup)
    unknownOutcome(setup)
    passportRaces(setup)
    rules.registerLimits(open)
  })
}

function setUp(framework: Framework, open: () => MaybePromise<SessionStore>, options: RaceOptions, rules: Rules): RaceSetup {
  const { openWithClock, openTwo } = options
  const startOn = starter(framework, options)
  return {
    framework,
    storeTimeout: options.storeTimeout ?? '600ms',
    proving: (...promises) => rules.proving(...promises),
    can: (limit) => rules.can(limit),
    start: async (routes, given, middlewares) => startOn(await open(), routes, given, middlewares),
    startTwo:
      openTwo === undefined
        ? null
        : async (routes) => {
            const [here, there] = await openTwo()
            return [await startOn(here, routes), await startOn(there, routes)]
          },
    startWithClock:
      openWithClock === undefined
        ? null
        : async (routes, given) => {
            const { store, advance } = openWithClock()
            return { ...(await startOn(store, routes, given)), advance }
          },
  }
}

function starter(framework: Framework, { dump, commands }: RaceOptions) {
  const openSite = siteOpener()
  return async (
    inner: SessionStore,
    routes: Routes,
    given: RaceSessionOptions = {},
    middlewares: readonly Middleware[] = [],
  ): Promise<Race> => {
    const store = new FaultyStore(inner)
    const site = await openSite({ framework, options: { ...given, store }, routes, middlewares })
    const close = site.sessions.close.bind(site.sessions)
    Object.assign(site.sessions, {
      close: () => {
        store.release()
        return close()
      },
    })
    return {
      site,
      store,
      browser: () => new Browser(site.port),
      dump: async (handles) => (dump === null ? null : dump(inner, handles)),
      commands: () => (commands === undefined ? store.calls.length : commands(inner)),
    }
  }
}
