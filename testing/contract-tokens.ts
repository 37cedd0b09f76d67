// Theme: tokens that are no tokens, and tokens that somebody made up.
import { alteredTokens, assertNone, assertNoneForAll, assertValues, forge, newSession } from './contract-kit.js'
import type { Contract } from './contract-suite.js'

const MALFORMED: readonly string[] = [
  '',
  ' ',
  '.',
  '\u0000',
  '\r\n',
  'x',
  '__proto__',
  'constructor',
  'null',
  '{"handle":"x"}',
  '../../etc/passwd',
  '\u{1f98a}',
  '\ud800',
  'A'.repeat(22),
  `${'A'.repeat(22)}.`,
  `.${'A'.repeat(43)}`,
  `${'A'.repeat(22)}.${'A'.repeat(42)}`,
  `${'A'.repeat(22)}.${'A'.repeat(44)}`,
  `${'A'.repeat(22)}.${'A'.repeat(43)}`,
  `${'A'.repeat(22)}.${'\u0000'.repeat(43)}`,
  `${' '.repeat(22)}.${' '.repeat(43)}`,
  `${'*'.repeat(22)}.${'A'.repeat(43)}`,
  `__proto__${'A'.repeat(13)}.${'A'.repeat(43)}`,
  'A'.repeat(100 * 1024),
]

export function tokens({ rule, ruleUnless, time }: Contract): void {
  rule('T-46: a malformed or unknown token is none for every call, and never an error', async (store) => {
    for (const token of MALFORMED) await assertNoneForAll(store, token)
  })

  rule('a token with something before or after it, or cut, is none', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    const tails = ['=', ' ', '\n', '\r\n', '\u0000', 'A', '.', '%00']
    const variants = [...tails.flatMap((tail) => [token + tail, tail + token]), token.slice(0, -1), token.slice(1), token.repeat(2)]
    for (const variant of variants) await assertNoneForAll(store, variant)
    await assertValues(store, token, { a: '1' })
  })

  rule('T-4: a token with one other character is none', async (store) => {
    const { token } = await newSession(store, { a: '1' })
    for (const altered of alteredTokens(store, token)) await assertNone(store, altered)
    await assertValues(store, token, { a: '1' })
  })

  rule('a forged verifier neither loads nor updates nor rotates nor ends the session', async (store) => {
    const victim = await newSession(store, { a: '1' })
    const forged = forge(victim, await newSession(store))
    await assertNoneForAll(store, forged)
    await assertValues(store, victim.token, { a: '1' })
  })

  ruleUnless('slide-after-proof', 'a forged verifier does not slide the session', async (store) => {
    const victim = await newSession(store, {}, { idleMs: time.spanMs })
    const forged = forge(victim, await newSession(store))
    await time.pass(time.earlyMs)
    await store.load(forged, { slide: true })
    await time.pass(time.restMs)
    await assertNone(store, victim.token)
  })

  rule('a handle alone opens nothing, and hostile tokens in between harm no session', async (store) => {
    const { token, handle } = await newSession(store, { a: '1' })
    await Promise.all(MALFORMED.map(async (wrong) => await store.load(wrong, { slide: true })))
    await assertNoneForAll(store, handle)
    await assertValues(store, token, { a: '1' })
  })
}
