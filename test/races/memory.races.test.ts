import { inspect } from 'node:util'
import { memoryStore } from '../../lib/index.js'
import { promised } from '../support/faulty-store.js'
import { describeRaces } from './races.js'

/** Nothing but a call that is told to hang takes any time. */
const NO_SERVER = '50ms'

function withClock() {
  let now = Date.now()
  return {
    store: memoryStore({ clock: () => now }),
    advance: (ms: number) => {
      now += ms
    },
  }
}

const dump = (store: object): string => inspect(store, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null })

describeRaces('memory', () => memoryStore(), { openWithClock: withClock, dump, storeTimeout: NO_SERVER })

describeRaces('memory behind promises', () => promised(memoryStore()), {
  openWithClock: () => {
    const { store, advance } = withClock()
    return { store: promised(store), advance }
  },
  // Behind the promises nothing can be seen; it is the same store.
  dump: null,
  storeTimeout: NO_SERVER,
  frameworks: ['Express 5'],
})
