// Bounded waits (promise 8) as a visitor meets them: a server that is paused, one that never answers, a connection that breaks.
import { afterEach, describe, test } from '@jest/globals'
import { Browser } from '../support/browser.js'
import { BACKENDS, expectRecovery, expectRefusal, type Outage, outages } from './outages-kit.js'
import { until } from './redis-kit.js'

const afterwards: (() => unknown)[] = []
const open = outages(afterwards)

afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work()
})

/** A reader, a writer and a newcomer at once, again and again: each of them is refused in time. */
async function expectRefusals(outage: Outage, rounds: number): Promise<void> {
  const { browser, site } = outage
  for (let round = 0; round < rounds; round++) {
    const others = ['/read', '/count'].map((path) => expectRefusal(outage, () => browser.copy().get(path)))
    await Promise.all([...others, expectRefusal(outage, () => new Browser(site.port).get('/sign-in'))])
  }
}

describe.each(Object.entries(BACKENDS))('%s', (name, backend) => {
  test.each([1, 5])('F-1: a server that is paused, for %i rounds of requests', async (rounds) => {
    const outage = await open(backend)
    await outage.server.pause()
    await expectRefusals(outage, rounds)
    outage.server.resume()
    await expectRecovery(() => outage.browser.get('/read'), '7')
  })

  test('F-5: a connection that is reset in the middle of a reply', async () => {
    const outage = await open(backend)
    const { proxy, browser, site } = outage
    for (const bytes of [0, 1, 20]) {
      proxy.resetReplies(bytes)
      await expectRefusal(outage, () => browser.get('/read'))
      await expectRefusal(outage, () => new Browser(site.port).get('/sign-in'))
      proxy.forward()
      await expectRecovery(() => browser.get('/read'), '7')
    }
  })

  // A client that the application made is the application's: connect-redis waits on its own.
  if (name === 'connect-redis') {
    test('F-6: a server that accepts and never answers', async () => {
      const outage = await open(backend)
      outage.proxy.halfOpen()
      await expectRefusals(outage, 2)
    })
    return
  }

  test.each([1, 5])('F-6: a server that accepts and never answers, for %i rounds of requests', async (rounds) => {
    const outage = await open(backend)
    outage.proxy.halfOpen()
    await expectRefusals(outage, rounds)
    outage.proxy.forward()
    await expectRecovery(() => outage.browser.get('/read'), '7')
    await until('no connection is left over', () => outage.proxy.connections === 1)
  })

  test('F-6: also if the last try to connect began a moment before the server came back', async () => {
    const outage = await open(backend)
    outage.proxy.halfOpen()
    await expectRefusals(outage, 4)
    let isOver = false
    const visits = (async (): Promise<void> => {
      while (!isOver) await outage.browser.get('/read')
    })()
    await outage.proxy.connected()
    outage.proxy.forward()
    await expectRecovery(() => outage.browser.get('/read'), '7')
    isOver = true
    await visits
  })
})
