// What the themes of the store contract are written in: rules, declared limits, a clock to move. Imports no test runner.
import type { MaybePromise, SessionIndex, SessionStore, StoreLimit } from '../lib/store.js'
import { needIndex } from './contract-kit.js'
import { type ContractTime, type StoreClock, SuiteTime } from './contract-time.js'

type Body = () => Promise<void>

/** The part of a test runner that the suite uses: jest, vitest, mocha and node:test all have it. */
export interface ContractRunner {
  readonly describe: (title: string, body: () => void) => unknown
  readonly test: ContractTest
}

export interface ContractTest {
  (title: string, body: Body, timeoutMs?: number): unknown
  readonly skip?: (title: string, body: Body) => unknown
}

export interface StoreContractOptions extends StoreClock {
  /** A store for one test; fresh or shared, its backend need not be empty. */
  readonly open: () => MaybePromise<SessionStore>
  /** A store whose sessions no other test sees, for the rules that end all of them; without it they are skipped. */
  readonly openAlone?: () => MaybePromise<SessionStore>
  /** Gets each store that was opened, when its test is over. */
  readonly close: (store: SessionStore) => MaybePromise<unknown>
  /** What the store cannot promise. Its rules are printed as skipped. */
  readonly cannot?: readonly StoreLimit[]
  /** Where `describe` and `test` are no globals (node:test), they are handed in. */
  readonly runner?: ContractRunner
}

/** One test of the contract, in a store of its own. */
export type Rule = (store: SessionStore) => Promise<void>

/** The same, of a part of the index that a store may lack. */
export type IndexRule = (store: SessionStore, index: Required<SessionIndex>) => Promise<void>

export interface Contract {
  readonly time: ContractTime
  readonly rule: (title: string, check: Rule) => void
  /** A rule that a store may declare it cannot keep. */
  readonly ruleUnless: (limit: StoreLimit, title: string, check: Rule) => void
  /** A rule of what not every index can: those of others are printed as such. With `alone` nobody else uses the store. */
  readonly ruleWith: (part: keyof SessionIndex, title: string, check: IndexRule, where?: 'alone') => void
  /** Declared in the options or by the store itself. */
  readonly declares: (store: SessionStore, limit: StoreLimit) => boolean
}

/** Above what jest, vitest and mocha allow by default: without `advance` a rule waits for several spans. */
const TIMEOUT_MS = 60_000

export function makeContract(name: string, options: StoreContractOptions, runner: ContractRunner): Contract {
  const declares = (store: SessionStore, limit: StoreLimit): boolean => isListed(limit, options.cannot) || isListed(limit, store.cannot)
  const time = new SuiteTime(options)
  const register = (title: string, check: Rule, open = options.open): void => {
    runner.test(title, () => time.measured(() => inStore({ ...options, open }, check)), TIMEOUT_MS)
  }
  const ruleUnless = (limit: StoreLimit, title: string, check: Rule, open = options.open): void => {
    if (isListed(limit, options.cannot)) return skip(runner, `cannot ${limit}, as declared: ${title}`, () => inStore(options, check))
    const checkUnless: Rule = async (store) => {
      if (declares(store, limit)) console.info(`${name}: cannot ${limit}, as the store declares: ${title}`)
      else await check(store)
    }
    register(title, checkUnless, open)
  }
  return {
    time,
    declares,
    rule: (title, check) => register(title, check),
    ruleUnless: (limit, title, check) => ruleUnless(limit, title, check),
    ruleWith: (part, title, check, where) => {
      const withIndex: Rule = async (store) => {
        if (needIndex(store)[part] === undefined) console.info(`${name}: the index has no ${part}: ${title}`)
        else await check(store, store.index as Required<SessionIndex>)
      }
      const open = where === 'alone' ? options.openAlone : options.open
      if (open === undefined && !isListed('index', options.cannot)) skip(runner, `needs openAlone: ${title}`, async () => {})
      else ruleUnless('index', title, withIndex, open)
    },
  }
}

async function inStore(options: StoreContractOptions, check: Rule): Promise<void> {
  const store = await options.open()
  try {
    await check(store)
  } finally {
    await options.close(store)
  }
}

/** A runner that cannot skip shows the title at least. */
function skip({ test }: ContractRunner, title: string, body: Body): void {
  if (test.skip === undefined) test(title, async () => {})
  else test.skip(title, body)
}

function isListed(limit: StoreLimit, limits: readonly StoreLimit[] | undefined): boolean {
  return limits?.includes(limit) ?? false
}
