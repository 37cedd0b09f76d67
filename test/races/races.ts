// Every race, written once: a store's race tests are one call of `describeRaces`.
import { describe } from '@jest/globals'
import type { SessionOptions, SessionStore, StoreLimit } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { FaultyStore } from '../support/faulty-store.js'
import { FRAMEWORKS, type Framework, type Middleware, type Routes, type Site, siteOpener } from '../support/site.js'
import { failuresAtEnd } from './failures-at-end.js'
import { failuresInStream } from './failures-in-stream.js'
import { failuresUnseen } from './failures-unseen.js'
import { firstRequests } from './first-requests.js'
import { lostUpdate } from './lost-update.js'
import { passportRaces } from './passport.js'
import { redirectAgainstSave } from './redirect.js'
import { signInRaces } from './sign-in.js'
import { signedOut } from './signed-out.js'
import { switchOfUser } from './switch-of-user.js'
import { unknownOutcome } from './unknown-outcome.js'

export interface RaceOptions {
  /** What the store cannot promise; the races that need it are skipped. */
  readonly cannot?: readonly StoreLimit[]
  /** A store whose clock the test moves, for sessions that expire meanwhile. */
  readonly openWithClock?: () => { readonly store: SessionStore; readonly advance: (ms: number) => void }
  /** Default: all. */
  readonly frameworks?: readonly Framework[]
}

/** A running site, its store, and as many browsers as the race needs. */
export interface Race {
  readonly site: Site
  readonly store: FaultyStore
  browser(): Browser
}

export type RaceSessionOptions = Omit<SessionOptions, 'store' | 'secret'>

export interface RaceSetup {
  readonly framework: Framework
  start(routes: Routes, options?: RaceSessionOptions, middlewares?: readonly Middleware[]): Promise<Race>
  readonly startWithClock: ((routes: Routes, options: RaceSessionOptions) => Promise<Race & { advance(ms: number): void }>) | null
  can(limit: StoreLimit): boolean
}

export function describeRaces(name: string, open: () => Promise<SessionStore> | SessionStore, options: RaceOptions = {}): void {
  const frameworks = options.frameworks ?? (Object.keys(FRAMEWORKS) as Framework[])
  describe.each(frameworks)(`${name}, %s`, (framework) => {
    const setup = setUp(framework, open, options)
    lostUpdate(setup)
    signedOut(setup)
    redirectAgainstSave(setup)
    signInRaces(setup)
    switchOfUser(setup)
    firstRequests(setup)
    failuresAtEnd(setup)
    failuresInStream(setup)
    failuresUnseen(setup)
    unknownOutcome(setup)
    passportRaces(setup)
  })
}

function setUp(framework: Framework, open: () => Promise<SessionStore> | SessionStore, options: RaceOptions): RaceSetup {
  const openSite = siteOpener()
  const { openWithClock, cannot = [] } = options
  const startOn = async (
    inner: SessionStore,
    routes: Routes,
    given: RaceSessionOptions,
    middlewares: readonly Middleware[],
  ): Promise<Race> => {
    const store = new FaultyStore(inner)
    const site = await openSite({ framework, options: { ...given, store }, routes, middlewares })
    return { site, store, browser: () => new Browser(site.port) }
  }
  return {
    framework,
    can: (limit) => !cannot.includes(limit),
    start: async (routes, given = {}, middlewares = []) => startOn(await open(), routes, given, middlewares),
    startWithClock:
      openWithClock === undefined
        ? null
        : async (routes, given) => {
            const { store, advance } = openWithClock()
            return { ...(await startOn(store, routes, given, [])), advance }
          },
  }
}
