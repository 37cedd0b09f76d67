// The store contract as tests. For our own stores and for those that others write: needs no test runner of its own.
import assert from 'node:assert/strict'
import type { StoreLimit } from '../lib/store.js'
import { admissions } from './contract-admissions.js'
import { basics, facts } from './contract-basics.js'
import { changes } from './contract-changes.js'
import { clocks } from './contract-clocks.js'
import { ending } from './contract-ending.js'
import { everything } from './contract-everything.js'
import { hostile } from './contract-hostile.js'
import { index } from './contract-index.js'
import { manager } from './contract-manager.js'
import { merge } from './contract-merge.js'
import { notices } from './contract-notices.js'
import { authentication, rotation } from './contract-rotation.js'
import { type Contract, type ContractRunner, type ContractTest, makeContract, type StoreContractOptions } from './contract-suite.js'
import { tokens } from './contract-tokens.js'

export type { ContractRunner, ContractTest, StoreContractOptions } from './contract-suite.js'

const THEMES: Readonly<Record<string, (contract: Contract) => void>> = {
  'create, load, destroy': basics,
  'terms and times': facts,
  changes,
  'overlapping writers': merge,
  clocks,
  'no resurrection': ending,
  rotation,
  authentication,
  index,
  manager,
  'all sessions': everything,
  notices,
  limits: admissions,
  'hostile data': hostile,
  tokens,
}

const MEANING: Readonly<Record<StoreLimit, string>> = {
  merge: 'of two overlapping writers of different keys the later overwrites the earlier',
  expect: 'expect is not judged atomically, so update and increment may lose',
  revoke: 'a copy of an ended or rotated-away token still loads',
  index: 'no finding, counting or ending by handle or index',
  'slide-after-proof': 'sliding happens before the token is judged',
  'own-clock': "times come from the application's clock",
}

/** Registers the tests of the contract for one store. */
export function describeStoreContract(name: string, options: StoreContractOptions): void {
  const runner = options.runner ?? globalRunner()
  const contract = makeContract(name, options, runner)
  runner.describe(`${name} keeps the store contract`, () => {
    runner.describe('declared limits', () => limits(contract, options, runner))
    for (const [theme, register] of Object.entries(THEMES)) runner.describe(theme, () => register(contract))
  })
}

function limits({ rule, declares }: Contract, { cannot = [] }: StoreContractOptions, { test }: ContractRunner): void {
  for (const limit of cannot) test(`cannot ${limit}, as declared: ${MEANING[limit]}`, async () => {})

  rule('the store has a name, for messages and metrics', async (store) => {
    assert.match(store.name, /\S/)
  })

  rule('a store without an index says so, and one that says so has none', async (store) => {
    const declared = declares(store, 'index')
    assert.ok(declared || store.index !== undefined, "it has no index: declare cannot: ['index']")
    assert.ok(!declared || store.index === undefined, 'it declares that it cannot index, but has one: take the declaration back')
  })
}

interface RunnerGlobals {
  readonly describe?: ContractRunner['describe']
  readonly test?: ContractTest
  /** Mocha's name for it. */
  readonly it?: ContractTest
}

function globalRunner(): ContractRunner {
  const { describe, test, it } = globalThis as RunnerGlobals
  const found = test ?? it
  if (describe === undefined || found === undefined) throw new TypeError('runner: hand in { describe, test }; they are no globals here')
  return { describe, test: found }
}
