// Rules as tests. Each names the promises that it proves (test/support/promises-reporter.cjs makes a table of them), and what a store may
// declare that it lacks: then it is skipped, with the name of that before its title.
import { describe, expect, test } from '@jest/globals'
import type { MaybePromise, SessionStore, StoreLimit } from '../../lib/index.js'

export type PromiseNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

/** What a store cannot: the limits of the contract, and those that only a whole site shows. */
export type RaceLimit =
  | StoreLimit
  | 'merge-across-processes'
  | 'expect-across-processes'
  | 'revoke-across-processes'
  | 'end-by-handle'
  | 'change-after-first-byte'

const REASONS: Readonly<Record<RaceLimit, string>> = {
  merge: 'of two overlapping requests the one that is answered later overwrites the other',
  expect: 'overlapping updates and increments may lose',
  revoke: 'a copy of the cookie outlives the sign-out and the sign-in',
  index: 'no finding, counting or ending by user',
  'slide-after-proof': 'sliding happens before the token is judged',
  'own-clock': "times come from the application's clock",
  'merge-across-processes': 'what another process writes between the read and the write of this one is lost',
  'expect-across-processes': 'updates and increments of two processes may lose',
  'revoke-across-processes': 'an end or a sign-in between the read and the write of another process is undone',
  'end-by-handle': 'a session whose new token got lost cannot be ended',
  'change-after-first-byte': 'a change needs a new cookie, which the first byte comes too early for',
}

export type RuleBody = () => Promise<void>

export interface Proving {
  readonly rule: (title: string, body: RuleBody) => void
  /** A rule that a store may declare it cannot keep: for each of these reasons. */
  readonly ruleUnless: (limits: RaceLimit | readonly RaceLimit[], title: string, body: RuleBody) => void
  /** The same, for a rule that certainly breaks in such a store: if it holds there, the declaration is one too many, and fails. */
  readonly decidingRule: (limits: RaceLimit | readonly RaceLimit[], title: string, body: RuleBody) => void
}

export class Rules {
  readonly #cannot: readonly RaceLimit[]
  readonly #deciding: { readonly limit: RaceLimit; readonly title: string; readonly body: RuleBody }[] = []

  constructor(cannot: readonly RaceLimit[]) {
    this.#cannot = cannot
  }

  can(limit: RaceLimit): boolean {
    return !this.#cannot.includes(limit)
  }

  proving(...promises: readonly PromiseNumber[]): Proving {
    const proof = promises.length === 0 ? '' : ` (promise${promises.length > 1 ? 's' : ''} ${promises.join(', ')})`
    const ruleUnless: Proving['ruleUnless'] = (limits, title, body) => {
      const limit = this.#declared(limits)
      if (limit === undefined) test(title + proof, body)
      else test.skip(`cannot ${limit}, as declared: ${title}${proof}`, body)
    }
    const decidingRule: Proving['decidingRule'] = (limits, title, body) => {
      const limit = this.#declared(limits)
      if (limit !== undefined) this.#deciding.push({ limit, title, body })
      ruleUnless(limits, title, body)
    }
    return { rule: (title, body) => ruleUnless([], title, body), ruleUnless, decidingRule }
  }

  /** Comes last: by then the rules that decide are known. */
  registerLimits(open: () => MaybePromise<SessionStore>): void {
    describe('declared limits', () => {
      for (const limit of this.#cannot) {
        test(`cannot ${limit}, as declared: ${REASONS[limit]}`, async () => {
          for (const each of this.#deciding) if (each.limit === limit) await expectBroken(each.title, each.body)
        })
      }

      test('what the races spare the store is what it declares or visibly lacks, and nothing else', async () => {
        const store = await open()
        const across = this.#cannot.flatMap((limit) => /^(.+)-across-processes$/.exec(limit)?.[1] ?? [])
        const ofContract = this.#cannot.filter((limit) => CONTRACT_LIMITS.includes(limit))
        expect([...ofContract, ...across].toSorted()).toEqual([...(store.cannot ?? [])].toSorted())
        expect({
          index: this.can('index'),
          'end-by-handle': this.can('end-by-handle'),
          'change-after-first-byte': this.can('change-after-first-byte'),
        }).toEqual({
          index: store.index !== undefined,
          'end-by-handle': store.index !== undefined || store.end !== undefined,
          'change-after-first-byte': store.sealsToken !== true,
        })
      })
    })
  }

  #declared(limits: RaceLimit | readonly RaceLimit[]): RaceLimit | undefined {
    return [limits].flat().find((limit) => !this.can(limit))
  }
}

const CONTRACT_LIMITS: readonly string[] = ['merge', 'expect', 'revoke', 'index', 'slide-after-proof', 'own-clock'] satisfies StoreLimit[]

/** Broken by an expectation, and not by something else. */
async function expectBroken(title: string, body: RuleBody): Promise<void> {
  const error: unknown = await body().then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error === null) throw new Error(`take the declaration back, since this holds: ${title}`)
  expect(error).toHaveProperty('matcherResult.pass')
}
