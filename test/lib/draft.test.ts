import { describe, expect, test } from '@jest/globals'
import { Draft } from '../../lib/draft.js'
import type { Collected } from '../../lib/slot.js'
import { clockAt } from './harness.js'

const MAX_BYTES = 64 * 1024
const NEWBORN = { touched() {}, age: () => 0 }

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

describe('a draft', () => {
  test('that was only read has nothing to save', () => {
    const draft = draftOf({ name: 'Ann', cart: ['pear'] })
    expect([draft.get('name'), draft.get('cart'), draft.get('none')]).toEqual(['Ann', ['pear'], undefined])
    expect([draft.has('name'), draft.has('none'), draft.keys()]).toEqual([true, false, ['name', 'cart']])
    expect(draft.collect()).toBeNull()
  })

  test('saves the keys that were set and no others', () => {
    const draft = draftOf({ name: 'Ann', counter: 1 })
    draft.set('counter', 2, null)
    const { changes, slots } = collected(draft)
    expect(changes).toEqual({ set: { counter: '2' }, unset: [] })
    expect(slots.map(({ key }) => key)).toEqual(['counter'])
  })

  test('saves nothing for a key that was set to what it was, or set and deleted again', () => {
    const draft = draftOf({ name: 'Ann' })
    draft.set('name', 'Ann', null)
    draft.set('new', 1, null)
    draft.delete('new')
    draft.delete('never there')
    expect(draft.collect()).toBeNull()
  })

  test('notices that an object which it handed out was changed in place', () => {
    const draft = draftOf({ cart: ['pear'], other: { a: 1 } })
    ;(draft.get('cart') as string[]).push('plum')
    draft.get('other')
    expect(collected(draft).changes).toEqual({ set: { cart: '["pear","plum"]' }, unset: [] })
  })

  test('notices that an object which it was given was changed in place afterwards', () => {
    const draft = draftOf()
    const cart = ['pear']
    draft.set('cart', cart, null)
    cart.push('plum')
    expect(collected(draft).changes.set).toEqual({ cart: '["pear","plum"]' })
  })

  test.each(['{"a":{"__proto__":{"admin":true}},"b":[{"__proto__":1}]}', '[{"\\u005f_proto__":{"x":1}}]'])(
    'writes nothing for an object that it only read, though it was set with a nested __proto__: %s (T-77)',
    (json) => {
      const first = draftOf()
      first.set('body', JSON.parse(json), null)
      const changes = collected(first)
      first.accept(changes)
      expect(first.collect()).toBeNull()
      const text = changes.changes.set?.['body'] ?? ''
      expect(text).not.toContain('__proto__')
      const later = new Draft({ body: text }, MAX_BYTES, NEWBORN)
      expect(JSON.stringify(later.get('body'))).toBe(text)
      expect([later.collect(), later.writtenText('body')]).toEqual([null, undefined])
    },
  )

  test('writes nothing for an object that it only read, though others stored it with a nested __proto__ (T-77)', () => {
    const draft = new Draft({ body: '{"a":{"__proto__":{"admin":true}}}' }, MAX_BYTES, NEWBORN)
    expect(draft.get('body')).toEqual({ a: {} })
    expect([draft.collect(), draft.writtenText('body')]).toEqual([null, undefined])
  })

  test('hands out the same object each time', () => {
    const draft = draftOf({ cart: ['pear'] })
    expect(draft.get('cart')).toBe(draft.get('cart'))
  })

  test('treats undefined as a deletion and null as a value', () => {
    const draft = draftOf({ a: 1, b: 2 })
    draft.set('a', undefined, null)
    draft.set('b', null, null)
    expect([draft.has('a'), draft.get('a'), draft.has('b'), draft.get('b'), draft.keys()]).toEqual([false, undefined, true, null, ['b']])
    expect(collected(draft).changes).toEqual({ set: { b: 'null' }, unset: ['a'] })
  })

  test.each(['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', '', '\0', 'a.b', '$set', '~1~', 'é\u2028'])(
    'takes %p as a key like any other (T-77)',
    (key) => {
      const draft = draftOf()
      expect([draft.get(key), draft.has(key)]).toEqual([undefined, false])
      draft.set(key, { admin: true }, null)
      expect([draft.get(key), draft.has(key), draft.keys()]).toEqual([{ admin: true }, true, [key]])
      const changes = collected(draft)
      expect(Object.keys(changes.changes.set ?? {})).toEqual([key])
      draft.accept(changes)
      expect([draft.get(key), draft.keys(), draft.rawText(key)]).toEqual([{ admin: true }, [key], '{"admin":true}'])
      draft.delete(key)
      expect(collected(draft).changes.unset).toEqual([key])
      expect(({} as { admin?: boolean }).admin).toBeUndefined()
    },
  )

  test('refuses at once what can never be stored, and when it is saved what turns out so (T-78)', () => {
    const draft = draftOf()
    expect(() => draft.set('total', 1n, null)).toThrow(/^session key "total": a BigInt/)
    draft.set('list', [1n], null)
    expect(() => draft.collect()).toThrow(/^session key "list": a BigInt/)
  })
})

describe('a draft that grows', () => {
  test('may take its limit in bytes and not one more, and the error names its largest key (T-78)', () => {
    const draft = new Draft(texts({ old: 'x'.repeat(50) }), 100, NEWBORN)
    const free = 100 - Buffer.byteLength(`old"${'x'.repeat(50)}"`) - Buffer.byteLength('new""')
    draft.set('new', 'y'.repeat(free), null)
    expect(() => draft.collect()).not.toThrow()
    draft.set('new', 'y'.repeat(free + 1), null)
    expect(() => draft.collect()).toThrow(/^session key "old": the session would take 101 bytes, more than the 100 of maxBytes/)
  })

  test('counts bytes and not characters', () => {
    const draft = new Draft(null, 20, NEWBORN)
    draft.set('name', 'é'.repeat(10), null)
    expect(() => draft.collect()).toThrow(/would take 26 bytes/)
  })

  test('has room again for what it deletes or clears', () => {
    const draft = new Draft(texts({ old: 'x'.repeat(90) }), 100, NEWBORN)
    draft.set('new', 'y'.repeat(80), null)
    draft.delete('old')
    expect(() => draft.collect()).not.toThrow()
    draft.clear()
    draft.set('new', 'y'.repeat(80), null)
    expect(() => draft.collect()).not.toThrow()
  })
})

describe('a key with a time to live of its own', () => {
  test('reads as absent from its deadline on, also in the request that set it', () => {
    const age = clockAt(1000)
    const draft = draftOf({ name: 'Ann' }, age)
    draft.set('code', [1234], 500)
    expect(collected(draft).changes.set).toEqual({ code: '~1500~[1234]' })
    age.now = 1499
    expect([draft.get('code'), draft.has('code')]).toEqual([[1234], true])
    age.now = 1500
    expect([draft.get('code'), draft.has('code'), draft.keys()]).toEqual([undefined, false, ['name']])
  })

  test('reads as absent from its deadline on when it was stored', () => {
    const age = clockAt(1499)
    const draft = new Draft({ code: '~1500~[1234]' }, MAX_BYTES, { touched() {}, age })
    expect([draft.get('code'), draft.storedText('code'), draft.keys()]).toEqual([[1234], '~1500~[1234]', ['code']])
    age.now = 1500
    expect([draft.get('code'), draft.storedText('code'), draft.keys()]).toEqual([undefined, null, []])
  })

  test('keeps its deadline when its object is changed in place', () => {
    const draft = new Draft({ code: '~1500~[1]' }, MAX_BYTES, NEWBORN)
    ;(draft.get('code') as number[]).push(2)
    expect(collected(draft).changes.set).toEqual({ code: '~1500~[1,2]' })
  })

  test('loses its deadline when it is set without one', () => {
    const draft = new Draft({ code: '~1500~1' }, MAX_BYTES, NEWBORN)
    draft.set('code', 1, null)
    expect(collected(draft).changes.set).toEqual({ code: '1' })
  })
})
