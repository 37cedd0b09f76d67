// The table that `npm test` ends with, from results as Jest hands them over.
import { describe, expect, test } from '@jest/globals'

interface Result {
  readonly ancestorTitles: readonly string[]
  readonly title: string
  readonly status: 'passed' | 'failed' | 'pending'
}

const { tableOf } = require('./promises-reporter.cjs') as { tableOf: (results: readonly Result[]) => string }

const REDIS = 'redis keeps its promises, Express 5'
const COOKIE = 'cookie keeps its promises, Express 5'

function result(suite: string, title: string, status: Result['status'] = 'passed', theme = 'lost update'): Result {
  return { ancestorTitles: [suite, theme], title, status }
}

/** Row → cells, as far as they say something. */
function cellsOf(table: string): Record<string, string[]> {
  const rows = table.split('\n').flatMap((line) => {
    const [name = '', ...cells] = line.split(/ {2,}/)
    return /^\d /.test(name) && cells.length > 0 ? [[name.slice(0, 1), cells]] : []
  })
  return Object.fromEntries(rows)
}

describe('the table of stores and promises', () => {
  test('is empty where no rule of a store ran', () => {
    expect(tableOf([])).toBe('')
    expect(tableOf([result('token', 'a token has one spelling')])).toBe('')
    expect(tableOf([result('store keeps the store contract', 'a rule (promise 2)')])).toBe('')
  })

  test('shows the stores that ran and no others, and all nine promises', () => {
    const table = tableOf([result(REDIS, 'a rule (promise 2)')])
    expect(table).toMatch(/^\nrules of each promise {2,}redis\n1 no byte/)
    expect(table.match(/^\d /gm)).toHaveLength(9)
    expect(cellsOf(table)).toEqual({ 2: ['1 kept'] })
  })

  test('counts a rule for each promise that its title names', () => {
    const table = tableOf([result(REDIS, 'one (promise 1)'), result(REDIS, 'two (promises 1, 8)'), result(REDIS, 'none')])
    expect(cellsOf(table)).toEqual({ 1: ['2 kept'], 8: ['1 kept'] })
  })

  test('knows the contract by its themes', () => {
    const contract = 'redis by url keeps the store contract'
    const table = tableOf([result(contract, 'a rule', 'passed', 'rotation'), result(contract, 'another', 'passed', 'hostile data')])
    expect(cellsOf(table)).toEqual({ 4: ['1 kept'] })
  })

  test('counts the same rule of several suites of one store once; it has failed if it failed in one of them', () => {
    const rules = [result(REDIS, 'a rule (promise 2)'), result(REDIS, 'b (promise 2)')]
    expect(cellsOf(tableOf([...rules, ...rules]))).toEqual({ 2: ['2 kept'] })
    const failed = result('redis cluster keeps its promises, Express 4', 'a rule (promise 2)', 'failed')
    for (const results of [
      [...rules, failed],
      [failed, ...rules],
    ])
      expect(cellsOf(tableOf(results))).toEqual({ 2: ['1 FAILED, 1 kept'] })
  })

  test('shows what is declared, with the reason; a rule that another suite of the store keeps is kept', () => {
    const table = tableOf([
      result(COOKIE, 'cannot merge, as declared: a rule (promise 2)', 'pending'),
      result(COOKIE, 'cannot merge, as declared: the later one wins', 'passed', 'declared limits'),
      result('connect-redis keeps the store contract', 'cannot merge, as declared: 60 updates', 'pending', 'overlapping writers'),
      result('connect-redis, with writers in one process, keeps the store contract', '60 updates', 'passed', 'overlapping writers'),
    ])
    expect(cellsOf(table)).toEqual({ 2: ['1 not', '1 kept'] })
    expect(table).toContain('\nnot: cannot be kept, as declared:\n  merge  cookie  the later one wins\n')
  })

  test('a rule that was skipped for another reason says nothing, and what is refused loudly breaks no promise', () => {
    const table = tableOf([
      result(COOKIE, 'kept (promise 1)'),
      result(COOKIE, 'filtered out (promise 1)', 'pending'),
      result(COOKIE, 'cannot index, as declared: a list (promise 3)', 'pending'),
      result(COOKIE, 'cannot change-after-first-byte, as declared: a stream (promise 1)', 'pending'),
    ])
    expect(cellsOf(table)).toEqual({ 1: ['1 kept'] })
    expect(table).not.toContain('as declared')
  })

  test('cookies with and without records are stores of their own', () => {
    const table = tableOf([
      result(COOKIE, 'cannot revoke, as declared: a rule (promise 3)', 'pending'),
      result('cookie with records in memory keeps its promises, Express 5', 'a rule (promise 3)'),
    ])
    expect(table).toMatch(/cookie {2,}cookie \+ revocation\n/)
    expect(cellsOf(table)).toEqual({ 3: ['1 not', '1 kept'] })
  })
})
