import { describe, expect, test } from '@jest/globals'
import { changedValues } from '../../lib/apply.js'
import { Draft } from '../../lib/draft.js'
import type { Collected } from '../../lib/slot.js'

const MAX_BYTES = 64 * 1024

function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const map: Record<string, string> = Object.create(null)
  for (const key of Object.keys(values)) map[key] = JSON.stringify(values[key])
  return map
}

function draftOf(values: Readonly<Record<string, unknown>> | null = null, age: () => number = () => 0): Draft {
  return new Draft(values === null ? null : texts(values), MAX_BYTES, { touched() {}, age })
}

function collected(draft: Draft): Collected {
  const result = draft.collect()
  if (result === null) throw new Error('nothing was collected')
  return result
}

describe('clear and restart', () => {
  test('clear drops all data, also what this request set before, and keeps what it sets after', () => {
    const draft = draftOf({ a: 1, b: 2 })
    draft.set('c', 3, null)
    draft.clear()
    draft.set('d', 4, null)
    expect(draft.keys()).toEqual(['d'])
    expect(collected(draft).changes).toEqual({ clear: { keep: [] }, set: { d: '4' }, unset: [] })
  })

  test('clear is saved although nothing is known to be there: another request may be adding', () => {
    const draft = draftOf({})
    draft.clear()
    expect(collected(draft).changes).toEqual({ clear: { keep: [] }, set: {}, unset: [] })
  })

  test('restart drops what this request did not set itself, but for the keys to keep and a user that was changed in place', () => {
    const draft = draftOf({ a: [1], b: [2], c: 3, e: [5], user: [6] })
    ;(draft.get('a') as number[]).push(1)
    ;(draft.get('user') as number[]).push(1)
    draft.get('b')
    draft.get('e')
    draft.set('d', 4, null)
    draft.restart(['b'], (key) => key === 'user')
    expect(draft.keys().sort()).toEqual(['b', 'd', 'user'])
    expect(collected(draft).changes).toEqual({ clear: { keep: ['b'] }, set: { user: '[6,1]', d: '4' }, unset: [] })
  })

  test('a second restart can only drop more', () => {
    const draft = draftOf({ a: 1, b: 2, c: 3 })
    draft.restart(['a', 'b'], () => false)
    draft.restart(['b', 'c'], () => false)
    expect(draft.keys()).toEqual(['b'])
    expect(collected(draft).changes.clear).toEqual({ keep: ['b'] })
  })

  test('a key that was dropped and is set to what it was is saved', () => {
    const draft = draftOf({ a: 1 })
    draft.clear()
    draft.set('a', 1, null)
    expect(collected(draft).changes).toEqual({ clear: { keep: [] }, set: { a: '1' }, unset: [] })
  })

  test('a stored session that turns out gone leaves what this request wrote', () => {
    const draft = draftOf({ a: [1], b: 2 })
    draft.get('a')
    draft.set('c', 3, null)
    draft.forgetStored()
    expect([draft.keys(), collected(draft).changes]).toEqual([['c'], { set: { c: '3' }, unset: [] }])
  })
})

describe('a draft whose changes have arrived', () => {
  test('has nothing more to save', () => {
    const draft = draftOf({ a: 1, b: 2, c: [3] })
    draft.set('a', 2, null)
    draft.delete('b')
    ;(draft.get('c') as number[]).push(4)
    draft.accept(collected(draft))
    expect(draft.collect()).toBeNull()
    expect([draft.get('a'), draft.has('b'), draft.get('c')]).toEqual([2, false, [3, 4]])
  })

  test('still has what the handler changed while they were under way', () => {
    const draft = draftOf({ cart: ['pear'] })
    const cart = draft.get('cart') as string[]
    cart.push('plum')
    draft.set('a', 1, null)
    draft.set('b', 1, null)
    const first = collected(draft)
    cart.push('fig')
    draft.set('a', 2, null)
    draft.accept(first)
    expect(collected(draft).changes).toEqual({ set: { cart: '["pear","plum","fig"]', a: '2' }, unset: [] })
    expect(draft.get('cart')).toBe(cart)
  })

  test('still has a clear that came while they were under way', () => {
    const draft = draftOf({ a: 1, b: 2 })
    draft.set('a', 2, null)
    const first = collected(draft)
    draft.clear()
    draft.accept(first)
    expect([draft.keys(), collected(draft).changes.clear]).toEqual([[], { keep: [] }])
  })

  test('does not clear a second time', () => {
    const draft = draftOf({ a: 1 })
    draft.clear()
    draft.set('b', 2, null)
    draft.accept(collected(draft))
    expect([draft.collect(), draft.keys()]).toEqual([null, ['b']])
  })
})

describe('the other ways of a draft', () => {
  test('settle takes over what an atomic update stored, unless the handler wrote the key meanwhile', () => {
    const draft = draftOf({ n: 1, m: 1 })
    draft.set('n', 5, null)
    const basis = draft.slotOf('n')
    draft.settle('n', '6', basis)
    expect([draft.get('n'), draft.collect()]).toEqual([6, null])
    const before = draft.slotOf('m')
    draft.set('m', 9, null)
    draft.settle('m', '2', before)
    expect([draft.get('m'), collected(draft).changes.set]).toEqual([9, { m: '9' }])
    draft.settle('n', null, undefined)
    expect(draft.has('n')).toBe(false)
  })

  test('reset goes back to what is stored', () => {
    const draft = draftOf({ a: 1 })
    draft.clear()
    draft.set('b', 2, null)
    draft.reset(texts({ a: 5 }))
    expect([draft.get('a'), draft.has('b'), draft.collect()]).toEqual([5, false, null])
  })

  test('tells which keys this request may have changed', () => {
    const draft = draftOf({ list: [1], name: 'Ann' })
    draft.get('name')
    expect([draft.touches('name'), draft.touches('list')]).toEqual([false, false])
    draft.get('list')
    expect([draft.touches('name'), draft.touches('list')]).toEqual([false, true])
    draft.clear()
    expect(draft.touches('anything')).toBe(true)
  })

  test('writtenText is the text of what the handler wrote, null for what it deleted, undefined for what it only read', () => {
    const draft = draftOf({ a: [1], b: [1], c: 1, d: 1 })
    draft.get('a')
    ;(draft.get('b') as number[]).push(2)
    draft.delete('c')
    expect(['a', 'b', 'c', 'd'].map((key) => draft.writtenText(key))).toEqual([undefined, '[1,2]', null, undefined])
  })

  test('original is the stored data without this request’s changes', () => {
    const draft = draftOf({ a: 1 })
    draft.set('a', 2, null)
    expect([draft.original().get('a'), draft.get('a')]).toEqual([1, 2])
  })

  test('changes are applied in the order of the contract: clear, unset, set', () => {
    expect({ ...changedValues(texts({ a: 1, b: 2, c: 3 }), { clear: { keep: ['a', 'b'] }, unset: ['b', 'x'], set: { b: '9' } }) }).toEqual({
      a: '1',
      b: '9',
    })
  })
})
