import { expect, test } from '@jest/globals'
import { ExpiryBuckets } from '../../../stores/memory/expiry-buckets.js'

test('a sweep looks at what is due and at nothing else', () => {
  const buckets = new ExpiryBuckets(1000)
  for (let n = 0; n < 10_000; n++) buckets.file(`later${n}`, 1_000_000 + n)
  for (let n = 0; n < 10; n++) buckets.file(`due${n}`, 500)
  expect(buckets.takeDue(1000)).toHaveLength(10)
  expect(buckets.takeDue(900_000)).toHaveLength(0)
})

test('over a day of sweeps each session is looked at once per time that it falls due', () => {
  const buckets = new ExpiryBuckets(60_000)
  const sessions = 1000
  const idleMs = 6 * 3_600_000
  for (let n = 0; n < sessions; n++) buckets.file(`s${n}`, idleMs + n)
  let examined = 0
  for (let now = 0; now <= 24 * 3_600_000; now += 60_000) {
    for (const handle of buckets.takeDue(now)) {
      examined += 1
      buckets.file(handle, now + idleMs)
    }
  }
  expect(examined).toBeLessThanOrEqual(4 * sessions)
  expect(examined).toBeGreaterThanOrEqual(3 * sessions)
})

test('nothing is taken before its deadline, and everything one width after it', () => {
  for (const deadline of [1, 999, 1000, 1001, 1500]) {
    const buckets = new ExpiryBuckets(1000)
    buckets.file('s', deadline)
    expect(buckets.takeDue(deadline - 1)).toEqual([])
    expect(buckets.takeDue(deadline + 1000)).toEqual(['s'])
  }
})

test('a handle that was removed is not taken', () => {
  const buckets = new ExpiryBuckets(1000)
  buckets.remove('s', buckets.file('s', 500))
  buckets.remove('s', 1)
  buckets.remove('never', 77)
  expect(buckets.takeDue(10_000)).toEqual([])
})

test('a deadline that never comes is never taken', () => {
  const buckets = new ExpiryBuckets(1000)
  buckets.file('s', Number.POSITIVE_INFINITY)
  expect(buckets.takeDue(Number.MAX_SAFE_INTEGER)).toEqual([])
})

test('a deadline that has passed falls into the next bucket, which is still to come', () => {
  const buckets = new ExpiryBuckets(1000)
  buckets.takeDue(50_000)
  buckets.file('s', 10)
  expect(buckets.takeDue(51_000)).toEqual(['s'])
})

test('two hundred thousand that fall due together are taken at once', () => {
  const buckets = new ExpiryBuckets(1000)
  for (let n = 0; n < 200_000; n++) buckets.file(`s${n}`, 500)
  expect(buckets.takeDue(1000)).toHaveLength(200_000)
})
