import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { SessionStore, StoreLimit } from '../../lib/store.js'
import { type MemoryStore, memoryStore } from '../../stores/memory.js'
import { describeStoreContract, type StoreContractOptions } from '../../testing/store-contract.js'
import { failuresOf, type Report, runContract } from './collecting-runner.js'
import { CLOCK_AND_INDEX_BUGS } from './planted/clocks-and-index.js'
import { END_AND_LIMIT_BUGS } from './planted/ends-and-limits.js'
import { withCalls } from './planted/kit.js'
import { TOKEN_AND_VALUE_BUGS } from './planted/tokens-and-values.js'
import { WRITING_BUGS } from './planted/writing.js'
import { sealedStore } from './sealed-store.js'

const SEALED_LIMITS: readonly StoreLimit[] = ['merge', 'expect', 'revoke', 'index']

afterEach(() => {
  jest.restoreAllMocks()
})

test('the honest store fails no rule and skips none', async () => {
  const report = await run((honest) => honest)
  expect(failuresOf(report)).toEqual([])
  expect(report.skipped).toEqual([])
  expect(report.outcomes.length).toBeGreaterThan(90)
})

test('an honest store that answers later, each call after another delay, fails no rule', async () => {
  const report = await run((honest) => laterStore(honest))
  expect(failuresOf(report)).toEqual([])
})

describe('the suite catches a store in which', () => {
  test.each([...WRITING_BUGS, ...CLOCK_AND_INDEX_BUGS, ...TOKEN_AND_VALUE_BUGS, ...END_AND_LIMIT_BUGS])(
    '$bug',
    async ({ caughtIn, plant }) => {
      const failures = failuresOf(await run(plant))
      expect(failures.map(({ theme }) => theme)).toEqual(expect.arrayContaining([...caughtIn]))
    },
  )
})

describe('runners', () => {
  const options = { open: () => memoryStore(), close: () => {} }

  test('where there are no globals the runner must be handed in', () => {
    const globals = globalThis as { describe?: unknown }
    const { describe: kept } = globals
    globals.describe = undefined
    try {
      expect(() => describeStoreContract('store', options)).toThrow(/^runner: /)
    } finally {
      globals.describe = kept
    }
  })

  test('a runner that cannot skip still shows what is not kept', () => {
    const titles: string[] = []
    const runner = { describe: (_: string, body: () => void) => body(), test: (title: string) => titles.push(title) }
    describeStoreContract('store', { ...options, cannot: ['slide-after-proof'], runner })
    expect(titles).toContain('cannot slide-after-proof, as declared: a forged verifier does not slide the session')
  })
})

describe('limits', () => {
  test('a store that seals its sessions into the token passes with what it declares, and that is printed', async () => {
    const report = await run((_, clock) => sealedStore(clock), { cannot: SEALED_LIMITS })
    expect(failuresOf(report)).toEqual([])
    for (const limit of SEALED_LIMITS) {
      expect(report.skipped).toContainEqual(expect.stringMatching(`^cannot ${limit}, as declared: `))
      expect(report.outcomes).toContainEqual(expect.objectContaining({ title: expect.stringMatching(`^cannot ${limit}, as declared: `) }))
    }
  })

  test('what the store itself declares counts too, and is printed', async () => {
    const print = jest.spyOn(console, 'info').mockImplementation(() => {})
    const report = await run((_, clock) => sealedStore(clock, { cannot: SEALED_LIMITS }))
    expect(failuresOf(report)).toEqual([])
    expect(print).toHaveBeenCalledWith(expect.stringMatching(/^store: cannot merge, as the store declares: /))
  })

  test('lacking something undeclared fails', async () => {
    for (const missing of SEALED_LIMITS) {
      const cannot = SEALED_LIMITS.filter((limit) => limit !== missing)
      expect(failuresOf(await run((_, clock) => sealedStore(clock), { cannot }))).not.toEqual([])
    }
  })

  test('an index that is declared missing and is there is reported', async () => {
    const failures = failuresOf(await run((honest) => honest, { cannot: ['index'] }))
    expect(failures.map(({ error }) => error?.message)).toEqual([expect.stringContaining('take the declaration back')])
  })

  test('a limit that no rule depends on is printed all the same', async () => {
    const { outcomes } = await run((honest) => honest, { cannot: ['own-clock'] })
    expect(outcomes).toContainEqual(
      expect.objectContaining({ title: expect.stringMatching(/^cannot own-clock, as declared: /), error: null }),
    )
  })
})

type Plant = (honest: MemoryStore, clock: () => number) => SessionStore

async function run(plant: Plant, options: Partial<StoreContractOptions> = {}): Promise<Report> {
  let now = Date.UTC(2026, 10, 21)
  const clock = (): number => now
  return await runContract({
    open: () => plant(memoryStore({ clock }), clock),
    openAlone: () => plant(memoryStore({ clock }), clock),
    close: () => {},
    advance: (ms) => {
      now += ms
    },
    ...options,
  })
}

/** Calls made together reach the store in another order: the third first, then the first, then the second. */
function laterStore(honest: MemoryStore): SessionStore {
  let calls = 0
  const later = async <T>(call: () => T): Promise<T> => {
    const turns = [2, 4, 1][calls++ % 3] ?? 0
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    const answer = call()
    await Promise.resolve()
    return answer
  }
  return withCalls(honest, {
    create: (record) => later(() => honest.create(record)),
    load: (token, options) => later(() => honest.load(token, options)),
    update: (token, changes) => later(() => honest.update(token, changes)),
    rotate: (token, changes) => later(() => honest.rotate(token, changes)),
    destroy: (token) => later(() => honest.destroy(token)),
  })
}
