import { expect, test } from '@jest/globals'
import { SuiteTime } from '../../testing/contract-time.js'

test('a rule that fails while the machine stands still is asked again, with longer spans', async () => {
  const time = new SuiteTime({ granularityMs: 5 })
  const spans: number[] = []
  await time.measured(async () => {
    spans.push(time.spanMs)
    await time.pass(1)
    if (spans.length > 2) return
    standStill(30)
    throw new Error('expired')
  })
  expect(spans).toEqual([25, 50, 100])
})

test('of rules that run at the same time each has its own spans', async () => {
  const time = new SuiteTime({ granularityMs: 5 })
  const spans: number[] = []
  const calm = time.measured(async () => {
    for (let look = 0; look < 20; look++) {
      await time.pass(2)
      spans.push(time.spanMs)
    }
  })
  let asked = 0
  const heldUp = time.measured(async () => {
    await time.pass(1)
    if (++asked > 2) return
    standStill(25)
    throw new Error('expired')
  })
  await Promise.all([calm, heldUp])
  expect(asked).toBe(3)
  expect(new Set(spans)).toEqual(new Set([25]))
})

test('a machine that never goes on fails the rule all the same', async () => {
  const time = new SuiteTime({ granularityMs: 5 })
  const rule = async (): Promise<void> => {
    await time.pass(1)
    standStill(60)
    throw new Error('expired')
  }
  await expect(time.measured(rule)).rejects.toThrow('expired')
})

test('a rule that fails in its own time, or waits for nothing, is asked once', async () => {
  const exact = new SuiteTime({ granularityMs: 60_000 })
  const moved = new SuiteTime({ granularityMs: 1, advance: () => {} })
  for (const time of [exact, moved]) {
    let asked = 0
    const rule = async (): Promise<void> => {
      asked++
      await time.pass(1)
      standStill(5)
      throw new Error('broken')
    }
    await expect(time.measured(rule)).rejects.toThrow('broken')
    expect(asked).toBe(1)
  }
})

function standStill(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
