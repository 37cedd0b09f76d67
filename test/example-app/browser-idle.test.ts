// What becomes of a page that nobody uses: with very short clocks, on three stores at the same time.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { startChromium } from '../client/chromium.js'
import { type RedisServer, startRedis } from '../servers/redis-server.js'
import { Company, field, type Person } from './browser-kit.js'
import { type Chat, startChat } from './support.js'

jest.setTimeout(60_000)

/** The warning comes after three seconds, and then there is time enough for a slow machine. */
const CLOCKS = { SESSION_EXPIRY: '9s', SESSION_WARN_BEFORE: '6s' }
const STORES = ['memory', 'redis', 'cookie']

let browser: Browser
let redis: RedisServer
let runs: Map<string, Promise<unknown[]>>
const chats: Chat[] = []

beforeAll(async () => {
  ;[browser, redis] = await Promise.all([startChromium(), startRedis()])
  runs = new Map(STORES.map((store) => [store, beIdle(store === 'redis' ? redis.url : store)]))
  await Promise.allSettled(runs.values())
})
afterAll(async () => {
  await browser?.close()
  await Promise.all(chats.map((chat) => chat.stop()))
  await redis?.stop()
})

describe.each(STORES)('with sessions in %s', (store) => {
  test('the warning comes, staying helps, and ignoring it ends at the login page, from where one goes on', async () => {
    expect(await runs.get(store)).toEqual([
      'Are you still there?',
      'stayed',
      'Are you still there?',
      '/login?returnTo=%2Fchat#expired',
      'You were signed out because nobody used this page for a while. Sign in to go on where you were.',
      'not sent yet',
    ])
  })
})

/** What a person sees who writes, stays once and then leaves the page alone. */
async function beIdle(store: string): Promise<unknown[]> {
  const chat = await startChat({ SESSION_STORE: store, ...CLOCKS })
  chats.push(chat)
  const person = await new Company(browser, chat).join('Ida')
  const { page, visitor } = person
  await field(page).fill('not sent yet')
  const first = await warningOf(person)
  await page.getByRole('button', { name: 'Stay signed in' }).click()
  await page.getByRole('alertdialog').waitFor({ state: 'detached' })
  const second = await warningOf(person)
  await page.waitForURL(/\/login/, { timeout: 20_000 })
  const { pathname, search, hash } = new URL(page.url())
  const told = await page.getByRole('status').textContent()
  await page.getByLabel('Email').fill(visitor.email)
  await page.getByLabel('Password').fill(visitor.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(/\/chat/)
  return [first, 'stayed', second, pathname + search + hash, told, await field(page).inputValue()]
}

async function warningOf({ page }: Person): Promise<string | null> {
  return page.getByRole('alertdialog').getByRole('heading').textContent()
}
