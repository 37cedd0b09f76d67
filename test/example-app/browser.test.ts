// The chat in real browsers, on three stores: what a store cannot do is not offered, and everything else is the same.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { startChromium } from '../client/chromium.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { Company, connected, field, message, openRoom, type Person, roomLink, texts, write } from './browser-kit.js'
import { type Chat, startChat } from './support.js'

jest.setTimeout(60_000)

let browser: Browser
let redis: RedisServer

beforeAll(async () => {
  ;[browser, redis] = await Promise.all([startChromium(), startRedis()])
})
afterAll(async () => {
  await browser?.close()
  await redis?.stop()
})

describe.each([
  ['memory', () => 'memory'],
  ['redis', () => redis.url],
  ['cookie', () => 'cookie'],
])('with sessions in %s', (name, store) => {
  const isCookie = name === 'cookie'
  let chat: Chat
  let company: Company
  /** The same three all along, as in life. */
  let ann: Person
  let bob: Person
  let carl: Person

  beforeAll(async () => {
    chat = await startChat({ SESSION_STORE: store() })
    company = new Company(browser, chat)
    ;[ann, bob, carl] = await Promise.all([company.join('Ann'), company.join('Bob'), company.join('Carl')])
  })
  afterAll(async () => {
    await company?.close()
    await chat?.stop()
  })

  test('people chat with everybody and with one, and nobody else sees that', async () => {
    await write(ann.page, 'Good morning')
    await Promise.all([bob, carl].map(({ page }) => message(page, 'Good morning').waitFor()))
    await openRoom(bob.page, 'Ann')
    await write(bob.page, 'Only for you')
    await roomLink(ann.page, 'Bob').getByText('1 unread').waitFor()
    await openRoom(ann.page, 'Bob')
    await message(ann.page, 'Only for you').waitFor()
    await roomLink(ann.page, 'Bob').getByText('1 unread').waitFor({ state: 'hidden' })
    await openRoom(bob.page, 'Everybody')
    await write(bob.page, 'And for all')
    await message(carl.page, 'And for all').waitFor()
    expect(await carl.page.content()).not.toContain('Only for you')
    expect(await texts(carl.page)).toEqual(['Good morning', 'And for all'])
    expect([ann, bob, carl].flatMap(({ complaints }) => complaints)).toEqual([])
  })

  test('a login has a new cookie, and the ones before are worth nothing', async () => {
    const { page, context, visitor } = carl
    const cookie = async () => (await context.cookies()).find(({ name }) => name === 'sid')?.value ?? ''
    const first = await cookie()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You signed out.').waitFor()
    const between = await cookie()
    await signIn(page, visitor.email, visitor.password)
    await connected(page)
    const second = await cookie()
    expect(new Set([first, between, second]).size).toBe(3)
    const holds = (value: string) => chat.stranger().get('/chat', { cookie: `sid=${value}` })
    expect((await holds(second)).status).toBe(200)
    expect((await holds(between)).location).toMatch(/^\/login/)
    // A sealed cookie is its own proof until its clocks run out, as the README says.
    expect((await holds(first)).status).toBe(isCookie ? 200 : 303)
  })

  test('a sign-out in one tab ends the other, which says so', async () => {
    const { page, context, complaints } = carl
    const other = await context.newPage()
    await other.goto('/chat')
    await connected(other)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('/login')
    await other.getByText('You were signed out, in another tab').waitFor()
    expect(new URL(other.url()).pathname).toBe('/login')
    expect(complaints).toEqual([])
  })

  if (isCookie) {
    test('what this store cannot do is not offered', async () => {
      const { page } = ann
      expect(await page.getByRole('navigation', { name: 'Account' }).getByRole('link').allTextContents()).toEqual(['Password'])
      expect((await page.goto('/devices'))?.status()).toBe(404)
      await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    })

    test('a draft stays in its tab, whatever the other tab writes', async () => {
      const { one, other } = await twoTabs()
      // What is written over a live connection cannot extend such a session, so the page asks for that.
      const extended = other.waitForRequest(/\/session\/stay$/)
      await Promise.all([field(one).fill('to all'), field(other).fill('to Ann'), extended])
      await Promise.all([one.reload(), other.reload()])
      expect([await field(one).inputValue(), await field(other).inputValue()]).toEqual(['to all', 'to Ann'])
    })
  } else {
    test('"sign out all other devices" leads the other browser to the login', async () => {
      const here = ann
      const there = await company.joinAgain(ann)
      await here.page.getByRole('link', { name: 'Your devices' }).click()
      await here.page.getByRole('link', { name: 'Sign out all other devices' }).click()
      await here.page.getByRole('button', { name: 'Sign out all other devices' }).click()
      await there.page.getByText('from another device').waitFor()
      await here.page.getByText('Sessions ended: 1.').waitFor()
      await here.page.getByRole('link', { name: 'Steady Chat' }).click()
      await connected(here.page)
    })

    test('two tabs that write at once both keep their drafts, through a sign-out and the next login', async () => {
      const { one, other } = await twoTabs()
      await Promise.all([field(one).fill('to all'), field(other).fill('to Ann')])
      await Promise.all([roomLink(one, 'Ann').getByText('Draft').waitFor(), roomLink(other, 'Everybody').getByText('Draft').waitFor()])
      await one.bringToFront()
      await one.reload()
      expect(await field(one).inputValue()).toBe('to all')
      await openRoom(one, 'Ann')
      expect(await field(one).inputValue()).toBe('to Ann')
      await field(one).pressSequentially(', too')
      // At once: what is not saved yet goes along.
      await one.getByRole('button', { name: 'Sign out' }).click()
      await one.waitForURL('/login')
      const { page } = await company.joinAgain(bob)
      await page.getByRole('heading', { level: 1, name: 'Ann' }).waitFor()
      expect(await field(page).inputValue()).toBe('to Ann, too')
      await openRoom(page, 'Everybody')
      expect(await field(page).inputValue()).toBe('to all')
    })
  }

  /** Of Bob's: one in the room of everybody, the other in that of Ann. */
  async function twoTabs(): Promise<{ one: Page; other: Page }> {
    const [one, other] = [bob.page, await bob.context.newPage()]
    await Promise.all([one.goto('/chat'), other.goto(`/chat?with=${ann.visitor.id}`)])
    await Promise.all([connected(one), connected(other)])
    return { one, other }
  }
})

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
