import { inspect } from 'node:util'
import { expect, test } from '@jest/globals'
import { IndexMaps } from '../../../stores/memory/index-maps.js'

test('handles are found under their own name and value only', () => {
  const maps = new IndexMaps()
  maps.add('h1', { userId: '7', workerId: 'w' })
  maps.add('h2', { userId: '7' })
  expect(maps.handles('userId', '7')).toEqual(['h1', 'h2'])
  expect(maps.handles('workerId', 'w')).toEqual(['h1'])
  expect(maps.handles('workerId', '7')).toEqual([])
})

test('moving a handle leaves nothing behind', () => {
  const maps = new IndexMaps()
  maps.add('h1', { userId: '7', workerId: 'w' })
  maps.move('h1', { userId: '7', workerId: 'w' }, { workerId: 'x' })
  expect(maps.handles('userId', '7')).toEqual([])
  expect(maps.handles('workerId', 'w')).toEqual([])
  expect(maps.handles('workerId', 'x')).toEqual(['h1'])
})

test('what becomes empty is dropped', () => {
  const maps = new IndexMaps()
  for (let n = 0; n < 100; n++) maps.add(`h${n}`, { userId: String(n), ['__proto__']: 'p' })
  for (let n = 0; n < 100; n++) maps.remove(`h${n}`, { userId: String(n), ['__proto__']: 'p' })
  maps.remove('never', { userId: '1' })
  expect(inspect(maps)).toContain('Map(0)')
})

test('the handles found are a copy, which sessions that end do not disturb', () => {
  const maps = new IndexMaps()
  maps.add('h1', { userId: '7' })
  const found = maps.handles('userId', '7')
  maps.remove('h1', { userId: '7' })
  expect(found).toEqual(['h1'])
})
