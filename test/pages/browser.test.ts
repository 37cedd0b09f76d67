// The pages in a real browser: two people at work, without scripts and with, under the strictest policy, as seen and as heard.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import axe from 'axe-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { startChromium } from '../client/chromium.js'
import { closeSite, FIREFOX, IPHONE, openSite, type Site } from './kit.js'

jest.setTimeout(60_000)

let browser: Browser
let site: Site
const contexts: BrowserContext[] = []

beforeAll(async () => {
  browser = await startChromium()
  site = await openSite({ pages: { title: 'Example Shop' } })
})

afterAll(async () => {
  await Promise.all(contexts.map((context) => context.close()))
  await closeSite(site)
  await browser.close()
})

/** A person with a browser of their own; complaints of the page and of the browser are kept. */
async function person(user: string, options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ javaScriptEnabled: false, ...options })
  contexts.push(context)
  await context.request.post(
    `${site.url}/in/${user}`,
    options.userAgent === undefined ? {} : { headers: { 'User-Agent': options.userAgent } },
  )
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => void complaints.push(message.text()))
  page.on('pageerror', (error) => void complaints.push(error.message))
  return { page, complaints }
}

const devices = (page: Page) => page.getByRole('listitem').filter({ has: page.getByRole('heading') })

describe.each([
  ['without JavaScript', false],
  ['with JavaScript', true],
])('in Chromium %s', (_, javaScriptEnabled) => {
  const user = javaScriptEnabled ? 'ann' : 'bob'

  test("somebody ends the other browser's session, and then all others", async () => {
    const here = await person(user, { javaScriptEnabled, userAgent: FIREFOX })
    const there = await person(user, { javaScriptEnabled, userAgent: IPHONE })
    await there.page.goto(`${site.url}/sessions`)
    await here.page.goto(`${site.url}/sessions`)
    expect(await devices(here.page).getByRole('heading').allTextContents()).toEqual(['Firefox on Linux This device', 'Safari on iPhone'])
    await here.page.getByRole('button', { name: 'Sign out Safari on iPhone' }).click()
    await here.page.getByRole('status').getByText('Signed out.').waitFor()
    expect(await devices(here.page).count()).toBe(1)
    await there.page.reload()
    await there.page.getByRole('heading', { name: 'You are not signed in' }).waitFor()

    const others = [await person(user), await person(user)]
    await here.page.reload()
    await here.page.getByRole('link', { name: 'Sign out all other devices' }).click()
    await here.page.getByText('Devices that will be signed out: 2.').waitFor()
    await here.page.getByRole('button', { name: 'Sign out all other devices' }).click()
    await here.page.getByText('Sessions ended: 2.').waitFor()
    for (const { page } of others) {
      expect((await page.goto(`${site.url}/sessions`))?.status()).toBe(401)
    }
    // The 401 of the signed-out pages is what Chromium itself logs.
    expect([...here.complaints, ...there.complaints].filter((text) => !text.includes('status of 401'))).toEqual([])
  })

  test('an administrator finds a user and ends the session', async () => {
    const victim = await person(`${user}2`, { javaScriptEnabled, userAgent: IPHONE })
    const { page, complaints } = await person('root', { javaScriptEnabled })
    await page.goto(`${site.url}/sessions`)
    await page.getByRole('link', { name: 'All sessions' }).click()
    await page.getByLabel('User id').fill(`${user}2`)
    await page.keyboard.press('Enter')
    await page.getByRole('cell', { name: 'Safari on iPhone', exact: true }).waitFor()
    expect(await page.getByRole('row').count()).toBe(2)
    await page.getByRole('button', { name: 'End Safari on iPhone' }).click()
    await page.getByRole('status').waitFor()
    await page.getByText('No sessions match.').waitFor()
    expect((await victim.page.goto(`${site.url}/sessions`))?.status()).toBe(401)
    expect(complaints).toEqual([])
  })
})

test('a form on a page of another site is refused, and a forged one of this site', async () => {
  const { page } = await person('carl')
  await person('carl')
  const post = (token: string) =>
    `<form method="post" action="${site.url}/sessions/end-others"><input name="token" value="${token}"><button>Win</button></form>`
  await page.route('http://evil.example/', (route) => route.fulfill({ contentType: 'text/html', body: post('x') }))
  await page.goto('http://evil.example/')
  await page.getByRole('button').click()
  // The cookie is SameSite=Lax: from there nobody is signed in.
  await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
  await page.route(`${site.url}/forged`, (route) => route.fulfill({ contentType: 'text/html', body: post('x') }))
  await page.goto(`${site.url}/forged`)
  await page.getByRole('button').click()
  await page.getByRole('heading', { name: 'Please try again' }).waitFor()
  expect(await site.sessions.count({ user: 'carl' })).toBe(2)
})

test('everything is reached by the keyboard, and the first stop leads past the head', async () => {
  const { page } = await person('dora')
  await person('dora')
  await page.goto(`${site.url}/sessions`)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('status').getByText('Signed out.').waitFor()
  expect(await site.sessions.count({ user: 'dora' })).toBe(1)
})

describe.each([
  ['a desktop in the light', { viewport: { width: 1200, height: 800 }, colorScheme: 'light' as const }],
  ['a phone in the dark', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' as const, isMobile: true }],
])('on %s', (_, options) => {
  test('axe finds nothing, and nothing is wider than the screen', async () => {
    await person('emma', { userAgent: IPHONE })
    const { handle } = (await site.sessions.list({ user: 'emma', limit: 1 }))[0] ?? { handle: '' }
    await site.sessions.end(handle, { in: '15m', message: 'Maintenance at noon' })
    // Scripts run for axe alone, which the policy would keep out.
    const { page } = await person('root', { ...options, javaScriptEnabled: true, bypassCSP: true })
    const stranger = await person('nobody', { ...options, javaScriptEnabled: true, bypassCSP: true })
    await stranger.page.context().clearCookies()
    const paths = ['', '/end-others', '/admin', `/admin/end?handle=${handle}`, '/admin/end-user?user=emma', '/admin?user=nobody-at-all']
    for (const [visitor, path] of [...paths.map((path) => [page, path] as const), [stranger.page, ''] as const]) {
      await visitor.goto(`${site.url}/sessions${path}`)
      await visitor.evaluate(axe.source)
      const { violations } = await visitor.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
      expect([path, violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)]).toEqual([path, []])
      const wide = await visitor.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      expect([path, wide]).toEqual([path, 0])
    }
  })
})
