import { memoryStore } from '../../lib/index.js'
import { promised } from '../support/faulty-store.js'
import { describeRaces } from './races.js'

function withClock() {
  let now = Date.now()
  return {
    store: memoryStore({ clock: () => now }),
    advance: (ms: number) => {
      now += ms
    },
  }
}

describeRaces('memory', () => memoryStore(), { openWithClock: withClock })

describeRaces('memory behind promises', () => promised(memoryStore()), {
  openWithClock: () => {
    const { store, advance } = withClock()
    return { store: promised(store), advance }
  },
  frameworks: ['Express 5'],
})
