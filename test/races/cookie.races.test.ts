// The races over sealed cookies, without and with a record of each session in another store. There every write gives a new token, and
// what the server does not keep it cannot take back: the races show which rules that breaks, and that no other is broken.
import { inspect } from 'node:util'
import { memoryStore } from '../../lib/index.js'
import type { SessionStore } from '../../lib/store.js'
import { type CookieStoreOptions, cookieStore } from '../../stores/cookie.js'
import { FaultyStore } from '../support/faulty-store.js'
import { SECRET } from '../support/site.js'
import { describeRaces } from './races.js'

function open(options: Partial<CookieStoreOptions> = {}): SessionStore {
  return cookieStore({ key: 'sid', secrets: [SECRET], ...options })
}

function movingClock() {
  let now = Date.now()
  return {
    clock: () => now,
    advance: (ms: number) => {
      now += ms
    },
  }
}

describeRaces('cookie', () => open(), {
  cannot: ['merge', 'expect', 'revoke', 'index', 'own-clock', 'end-by-handle', 'change-after-first-byte'],
  openTwo: () => [open(), open()],
  openWithClock: () => {
    const { clock, advance } = movingClock()
    return { store: open({ clock }), advance }
  },
  dump: null,
  commands: () => 0,
  frameworks: ['Express 5'],
})

/** Store → where its records are, with the calls counted. */
const records = new WeakMap<SessionStore, FaultyStore>()

function openRecorded(kept: SessionStore = memoryStore(), options: Partial<CookieStoreOptions> = {}): SessionStore {
  const counted = new FaultyStore(kept)
  const store = open({ ...options, revocation: counted })
  records.set(store, counted)
  return store
}

describeRaces('cookie with records in memory', () => openRecorded(), {
  cannot: ['merge', 'expect', 'change-after-first-byte'],
  openTwo: () => {
    const kept = memoryStore()
    return [openRecorded(kept), openRecorded(kept)]
  },
  openWithClock: () => {
    const { clock, advance } = movingClock()
    // The clock that seals stands still: the records judge.
    return { store: openRecorded(memoryStore({ clock }), { clock: () => 0 }), advance }
  },
  dump: (store) => inspect(store, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null }),
  commands: (store) => records.get(store)?.calls.length ?? Number.NaN,
  frameworks: ['Express 5'],
})
