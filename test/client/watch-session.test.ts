// What a page learns of its session, in a real browser: in time, in every tab, and with few requests.
import { describe, expect, jest, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { HOUR, MINUTE, SECOND } from '../lib/harness.js'
import { type Desk, deskOpener, eventually, returnTo, SPREAD, toldIn } from './desk.js'

jest.setTimeout(60_000)

const openDesk = deskOpener()

async function tells(page: Page, ...expected: string[]): Promise<void> {
  await eventually(async () => (await toldIn(page)).length >= expected.length)
  expect(await toldIn(page)).toEqual(expected)
}

/** Two tabs that both show the warning. */
async function warnedTwice(desk: Desk): Promise<[Page, Page]> {
  const pages: [Page, Page] = [await desk.tab(), await desk.tab()]
  await desk.pass(8 * MINUTE + SPREAD)
  for (const page of pages) await tells(page, 'warning 120')
  return pages
}

describe('the warning', () => {
  test('comes two minutes before the end, with one request at the start and one then', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    await desk.pass(8 * MINUTE - SECOND)
    expect([await toldIn(page), desk.site.asked]).toEqual([[], ['status']])
    await desk.pass(SECOND + SPREAD)
    await tells(page, 'warning 120')
    await desk.pass(30 * SECOND)
    expect(await page.evaluate(() => watch.status)).toMatchObject({ secondsLeft: 90, idleSecondsLeft: 90, warn: true, signedIn: true })
    expect(desk.site.asked).toEqual(['status', 'status'])
  })

  test('does not come if another tab was active meanwhile', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    await desk.pass(5 * MINUTE)
    await desk.visit('GET', '/')
    await desk.pass(3 * MINUTE + SPREAD)
    await eventually(() => desk.site.asked.length === 2)
    await desk.pass(4 * MINUTE)
    expect([await toldIn(page), desk.site.asked.length]).toEqual([[], 2])
    await desk.pass(MINUTE + SPREAD)
    await tells(page, 'warning 120')
  })

  test('does not come at once for a session of sixty days, which no single timer can wait for', async () => {
    const desk = await openDesk({ expiry: '60d', maxLifetime: '90d' })
    const page = await desk.tab()
    await desk.pass(HOUR)
    expect([await toldIn(page), desk.site.asked.length]).toEqual([[], 1])
  })

  test('comes when the machine wakes up, though its timers stood still', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    desk.site.clock.now += 9 * MINUTE
    await desk.context.clock.setSystemTime(desk.site.clock.now)
    await desk.context.clock.runFor(30 * SECOND)
    await tells(page, 'warning 60')
  })

  test('is not stopped by a listener that throws, which is reported as the page’s own error', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    await page.evaluate(() => {
      globalThis.told.push = () => {
        Reflect.deleteProperty(globalThis.told, 'push')
        throw new Error('a mistake of the page')
      }
    })
    await desk.pass(8 * MINUTE + SPREAD)
    await eventually(() => errors.length === 1)
    await desk.pass(2 * MINUTE + SPREAD)
    await tells(page, 'ended 0')
    expect(errors).toEqual(['a mistake of the page'])
  })
})

describe('several tabs', () => {
  test('ask for each other: what one has learnt, the next need not ask', async () => {
    const desk = await openDesk()
    for (let more = 0; more < 3; more++) await desk.tab()
    await warnedTwice(desk)
    // Five at the start. Whose turn comes may be faster than the word of the one before.
    expect(desk.site.asked.length).toBeLessThan(10)
  })

  test('are all safe if the user stays in one', async () => {
    const desk = await openDesk()
    const [one, two] = await warnedTwice(desk)
    expect(await one.evaluate(() => watch.stay())).toMatchObject({ secondsLeft: 600, warn: false })
    for (const page of [one, two]) await tells(page, 'warning 120', 'safe 600')
    await desk.pass(8 * MINUTE + SPREAD)
    for (const page of [one, two]) await tells(page, 'warning 120', 'safe 600', 'warning 120')
  })

  test('are all told of the end, once, and ask no more', async () => {
    const desk = await openDesk()
    const pages = await warnedTwice(desk)
    await desk.pass(2 * MINUTE + SPREAD)
    for (const page of pages) await tells(page, 'warning 120', 'ended 0')
    const { length } = desk.site.asked
    await desk.pass(HOUR)
    for (const page of pages) await returnTo(page)
    for (const page of pages) await tells(page, 'warning 120', 'ended 0')
    expect(desk.site.asked).toHaveLength(length)
  })

  test('are all told if the user signs out in a third, as soon as one is looked at', async () => {
    const desk = await openDesk()
    const pages = [await desk.tab(), await desk.tab()]
    await desk.visit('POST', '/sign-out')
    await desk.pass(2 * SECOND)
    await returnTo(pages[0] as Page)
    for (const page of pages) await tells(page, 'ended 0')
  })

  test('are all told if somebody else signs in', async () => {
    const desk = await openDesk()
    const pages = [await desk.tab()]
    await desk.visit('POST', '/as/ann')
    pages.push(await desk.tab())
    expect(await toldIn(pages[0] as Page)).toEqual([])
    await desk.visit('POST', '/as/bob')
    await desk.pass(2 * SECOND)
    const [, two] = pages as [Page, Page]
    await returnTo(two)
    for (const page of pages) await tells(page, 'ended 598')
  })

  test('manage without locks, which plain HTTP does not have', async () => {
    const desk = await openDesk()
    await desk.context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }))
    const pages = await warnedTwice(desk)
    await desk.pass(2 * MINUTE + SPREAD)
    for (const page of pages) await tells(page, 'warning 120', 'ended 0')
  })

  test('do not wait for ever for one that keeps its turn', async () => {
    const desk = await openDesk()
    await desk.context.addInitScript(() => {
      AbortSignal.timeout = () => AbortSignal.abort()
      const fetched = globalThis.fetch
      globalThis.fetch = (input, init) => fetched(input, { ...init, signal: null })
    })
    const page = await desk.tab()
    expect(await page.evaluate(() => watch.status?.live)).toBe(true)
  })
})

describe('a server that cannot be reached', () => {
  test('says nothing about the session: it is asked again, and the end is not claimed', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    let failed = 0
    await desk.context.route('**/session/status', (route) => (failed++, route.abort()))
    await desk.pass(8 * MINUTE + SPREAD)
    await eventually(() => failed === 1)
    const tryAgain = (): Promise<void> => desk.pass(MINUTE)
    await eventually(() => tryAgain().then(() => failed >= 6))
    expect([await toldIn(page), await page.evaluate(() => watch.status?.live)]).toEqual([[], true])
    await desk.context.unroute('**/session/status')
    await eventually(() => tryAgain().then(async () => (await toldIn(page)).length > 0))
    await tells(page, 'ended 0')
  })

  test('is asked at once when the network is back', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    await desk.context.setOffline(true)
    await desk.pass(9 * MINUTE)
    await desk.context.setOffline(false)
    await tells(page, 'warning 60')
  })

  test.each([
    ['answers with an error', { status: 503, json: { error: 'away' } }],
    ['answers with another page', { contentType: 'text/html', body: '<h1>Sign in</h1>' }],
    ['answers with something else', { json: { live: false } }],
  ])('and so one that %s', async (_, answer) => {
    const desk = await openDesk()
    const page = await desk.tab()
    await desk.context.route('**/session/*', (route) => route.fulfill(answer))
    await desk.pass(10 * MINUTE)
    expect(
      await page.evaluate(() => Promise.allSettled([watch.check(), watch.stay()]).then((all) => all.map(({ status }) => status))),
    ).toEqual(['rejected', 'rejected'])
    expect(await toldIn(page)).toEqual([])
  })

  test('does not send the page to a login that would extend the session', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    await desk.context.route('**/session/status', (route) => route.fulfill({ status: 302, headers: { location: '/' } }))
    await expect(page.evaluate(() => watch.check())).rejects.toThrow('Failed to fetch')
  })
})

describe('a page', () => {
  test('that nobody is signed in to is left alone, until somebody is', async () => {
    const desk = await openDesk()
    await desk.context.clearCookies()
    const page = await desk.tab()
    await desk.pass(HOUR)
    expect([await toldIn(page), desk.site.asked.length]).toEqual([[], 1])
    await desk.visit('POST', '/as/ann')
    await desk.tab()
    await desk.pass(8 * MINUTE + SPREAD)
    await tells(page, 'warning 120')
  })

  test('that is kept for the back button hears nothing, and asks when it is back', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })))
    await desk.pass(9 * MINUTE)
    expect([await toldIn(page), desk.site.asked.length]).toEqual([[], 1])
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
    await tells(page, 'warning 60')
    await page.evaluate(() => watch.stay())
    const other = await desk.tab()
    await other.evaluate(() => watch.stay())
    await tells(page, 'warning 60', 'safe 600')
  })

  test('that stops watching is told nothing more', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    await page.evaluate(() => watch.stop())
    await desk.pass(HOUR)
    await returnTo(page)
    expect([await toldIn(page), desk.site.asked.length]).toEqual([[], 1])
  })

  test('is given a notice once', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    await desk.context.route('**/session/status', async (route) => {
      const answer = await route.fetch()
      const status = (await answer.json()) as object
      await route.fulfill({ json: { ...status, notice: { message: 'Maintenance at six', endsAt: null } } })
    })
    for (let i = 0; i < 2; i++) await page.evaluate(() => watch.check())
    await tells(page, 'notice Maintenance at six')
  })

  test('of another origin than its server is told so', async () => {
    const desk = await openDesk()
    const page = await desk.tab()
    // As text, since Jest's compiler rewrites an import.
    const made = "import('/session/client.js').then(({ watchSession }) => watchSession({ url: 'https://elsewhere.test/session' }))"
    await expect(page.evaluate(made)).rejects.toThrow('url: sessionStatus must be of the same origin as the page')
  })
})
