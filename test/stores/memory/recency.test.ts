import { expect, test } from '@jest/globals'
import { type Member, Recency } from '../../../stores/memory/recency.js'

interface Named extends Member<Named> {
  readonly name: string
}

test('members leave in the order of their last use', () => {
  const recency = new Recency<Named>()
  const [a, b, c, d] = [named('a'), named('b'), named('c'), named('d')] as const
  for (const member of [a, b, c, d, b, a, a, d]) recency.touch(member)
  expect(namesInOrder(recency)).toEqual(['c', 'b', 'a', 'd'])
})

test('a member may be removed from either end and from the middle, and twice', () => {
  const [a, b, c] = [named('a'), named('b'), named('c')] as const
  const rest = [a, b, c].map((removed) => {
    const recency = new Recency<Named>()
    for (const member of [a, b, c]) recency.touch(member)
    recency.remove(removed)
    recency.remove(removed)
    return namesInOrder(recency)
  })
  expect(rest).toEqual([
    ['b', 'c'],
    ['a', 'c'],
    ['a', 'b'],
  ])
})

test('an empty list has no oldest member, and one that is removed may come back', () => {
  const recency = new Recency<Named>()
  const only = named('only')
  expect(recency.oldest).toBeNull()
  recency.touch(only)
  recency.remove(only)
  expect(recency.oldest).toBeNull()
  recency.touch(only)
  expect(namesInOrder(recency)).toEqual(['only'])
})

function named(name: string): Named {
  return { name, older: null, newer: null }
}

/** Empties the list. */
function namesInOrder(recency: Recency<Named>): string[] {
  const names: string[] = []
  for (let member = recency.oldest; member !== null; member = recency.oldest) {
    names.push(member.name)
    recency.remove(member)
  }
  return names
}
