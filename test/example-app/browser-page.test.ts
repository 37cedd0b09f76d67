// The page of the chat: for eyes, keyboards and screen readers, without a script, without a network, and with whatever people write.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { startChromium } from '../client/chromium.js'
import { Company, connected, field, message, openRoom, type Person, roomLink, texts, write } from './browser-kit.js'
import { type Chat, PASSWORD, startChat } from './support.js'

jest.setTimeout(60_000)

const HOSTILE = '<script>document.title = "taken"</script><img src=x onerror="document.title = \'taken\'">'
const HOSTILE_NAME = '<b>Eve</b><img src=x onerror=alert(1)>'

let browser: Browser
let chat: Chat
let company: Company

beforeAll(async () => {
  ;[browser, chat] = await Promise.all([startChromium(), startChat()])
  company = new Company(browser, chat)
})
afterEach(() => company.close())
afterAll(async () => {
  await browser?.close()
  await chat?.stop()
})

describe('whatever people write', () => {
  test('is text: in messages, in names and in drafts, live and after a reload', async () => {
    const [eve, ann] = await Promise.all([company.join(HOSTILE_NAME), company.join('Ann')])
    await write(eve.page, HOSTILE)
    await message(ann.page, HOSTILE).waitFor()
    await field(eve.page).fill(HOSTILE)
    for (const { page } of [ann, eve]) {
      await page.reload()
      await connected(page)
      await message(page, HOSTILE).waitFor()
    }
    await roomLink(ann.page, HOSTILE_NAME).waitFor()
    expect(await ann.page.locator('.message').last().locator('.from').textContent()).toBe(HOSTILE_NAME)
    expect(await field(eve.page).inputValue()).toBe(HOSTILE)
    for (const { page, complaints } of [ann, eve]) {
      expect(await page.locator('.room img, .room script, nav img, nav b').count()).toBe(0)
      expect(await page.title()).toBe('Everybody - Steady Chat')
      expect(complaints).toEqual([])
    }
  })

  test('keeps its lines, and what the chat refuses can be mended', async () => {
    const { page } = await company.join('Ann')
    await field(page).pressSequentially('first')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('second')
    await page.keyboard.press('Enter')
    await page.locator('.message:not(.waiting)', { hasText: 'second' }).waitFor()
    expect((await texts(page)).at(-1)).toBe('first\nsecond')
    await write(page, 'a bell: \u0007')
    await page.getByRole('alert').getByText('characters in it that cannot be shown').waitFor()
    await page.getByRole('button', { name: 'Discard' }).click()
    expect(await field(page).inputValue()).toBe('a bell: \u0007')
    expect(await page.locator('.waiting').count()).toBe(0)
  })
})

describe('a browser without a network', () => {
  test('keeps what is written, also through a reload, and sends it once and in order', async () => {
    const [ann, bob] = await Promise.all([company.join('Ann'), company.join('Bob')])
    await ann.context.setOffline(true)
    await ann.page.getByRole('status').getByText('Offline').waitFor()
    for (const text of ['one', 'two', 'three']) await write(ann.page, text)
    expect(await ann.page.locator('.message.waiting').count()).toBe(3)
    await write(bob.page, 'meanwhile')
    await ann.context.setOffline(false)
    await ann.page.reload()
    await message(bob.page, 'three').waitFor()
    await ann.page.locator('.waiting').first().waitFor({ state: 'detached' })
    for (const { page } of [ann, bob]) expect((await texts(page)).slice(-4)).toEqual(['meanwhile', 'one', 'two', 'three'])
  })
})

describe('the rooms', () => {
  test('show what came before on demand, and the back button leads to the one before', async () => {
    const [ann, bob] = [await company.join('Lena'), await chat.signUp('Max')]
    // More than a page, by two, since one may not write so fast.
    for (const [from, to, count] of [
      [ann.visitor, bob, 30],
      [bob, ann.visitor, 28],
    ] as const) {
      const headers = { accept: 'application/json', 'content-type': 'application/json', 'x-csrf-token': await from.csrfToken() }
      for (let n = 1; n <= count; n++) {
        await from.send('POST', '/sendComment', headers, JSON.stringify({ clientId: randomUUID(), to: to.id, text: `${from.name} ${n}` }))
      }
    }
    const { page } = ann
    await openRoom(page, 'Max')
    await message(page, 'Max 28').waitFor()
    expect((await texts(page))[0]).toBe('Lena 9')
    await page.getByRole('link', { name: 'Show earlier messages' }).click()
    await message(page, 'Lena 1').waitFor()
    expect(await texts(page)).toHaveLength(58)
    await page.getByRole('link', { name: 'Show earlier messages' }).waitFor({ state: 'hidden' })
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Everybody' }).waitFor()
    await page.goForward()
    await page.getByRole('heading', { level: 1, name: 'Max' }).waitFor()
    expect(await texts(page)).toHaveLength(58)
  })

  test('keep what is unread through a reload, and forget it in all tabs once one has shown it', async () => {
    const [ann, bob] = await Promise.all([company.join('Otto'), company.join('Paula')])
    await openRoom(bob.page, 'Otto')
    await write(bob.page, 'psst')
    const unread = (page: Page) => roomLink(page, 'Paula').getByText('1 unread')
    await unread(ann.page).waitFor()
    await ann.page.reload()
    await unread(ann.page).waitFor()
    expect(await ann.page.title()).toBe('(1) Everybody - Steady Chat')
    const other = await ann.context.newPage()
    await other.goto(`/chat?with=${bob.visitor.id}`)
    await message(other, 'psst').waitFor()
    await unread(ann.page).waitFor({ state: 'hidden' })
    await roomLink(ann.page, 'Paula').getByText(', online').waitFor({ state: 'attached' })
  })
})

describe('a session', () => {
  test('that is renewed in one tab goes on in the other, whose forms are good again', async () => {
    const { page, context } = await company.join('Rosa')
    const other = await context.newPage()
    await other.goto('/password/confirm?returnTo=/password')
    await other.getByLabel('Password').fill(PASSWORD)
    await other.getByRole('button', { name: 'Go on' }).click()
    await other.getByRole('heading', { name: 'Change your password' }).waitFor()
    await page.bringToFront()
    await write(page, 'still here')
    await page.locator('.message:not(.waiting)', { hasText: 'still here' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(/\/login$/)
  })

  test('that was one too many ends, and the page says why', async () => {
    const { page, visitor } = await company.join('Sven')
    for (let n = 0; n < 5; n++) await Object.assign(visitor.copy(), { jar: new Map() }).logIn()
    await page.getByText('more devices than may be used at once').waitFor()
  })
})

describe('without JavaScript', () => {
  test('one makes an account, chats, finds older messages, changes the password and signs out', async () => {
    const { context, complaints } = await company.stranger({ javaScriptEnabled: false, viewport: { width: 360, height: 640 } })
    const bob = await company.join('Quentin')
    const page = await context.newPage()
    await page.goto('/')
    await page.getByRole('link', { name: 'Create an account' }).click()
    await page.getByLabel('Email').fill(`${randomUUID()}@example.org`)
    await page.getByLabel('Name').fill('Nora')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create an account' }).click()
    await page.getByRole('status').getByText('Welcome, Nora.').waitFor()
    await page.getByRole('button', { name: 'People' }).click()
    await roomLink(page, 'Quentin').click()
    await field(page).fill('by form')
    await page.getByRole('button', { name: 'Send' }).click()
    await message(page, 'by form').waitFor()
    await page.getByRole('heading', { level: 1, name: 'Quentin' }).waitFor()
    await roomLink(bob.page, 'Nora').getByText('1 unread').waitFor()
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Password' }).click()
    await page.getByLabel('New password').fill('another long password')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByRole('status').getByText('Your password is changed').waitFor()
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('status').getByText('You signed out.').waitFor()
    expect(complaints).toEqual([])
  })
})

test('everything is reached by the keyboard, and the first stop leads past the head', async () => {
  const { page } = await company.join('Kim', { hasTouch: true, isMobile: true, viewport: { width: 360, height: 640 } })
  const active = () => page.evaluate<string>('document.activeElement.id || document.activeElement.textContent.trim()')
  await page.keyboard.press('Tab')
  expect(await active()).toBe('Skip to the content')
  await page.keyboard.press('Enter')
  const stops: string[] = []
  for (let n = 0; n < 4; n++) {
    stops.push(await active())
    await page.keyboard.press('Tab')
  }
  expect([...stops, await active()]).toEqual(['content', 'People', 'messages', 'text', 'Send'])
  await page.getByRole('button', { name: 'People' }).focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  // Chosen by the keyboard, the list closes.
  await page.getByRole('navigation', { name: 'Rooms' }).waitFor({ state: 'hidden' })
})

describe.each([
  ['a desktop in the light', { viewport: { width: 1200, height: 800 }, colorScheme: 'light' as const }],
  ['a phone in the dark', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' as const, isMobile: true, hasTouch: true }],
])('on %s', (_, options) => {
  test('axe finds nothing, and nothing is wider than the screen', async () => {
    // Scripts of the page run under its policy elsewhere; here it would keep axe out.
    const ann = await company.join('Ann', { ...options, bypassCSP: true })
    const uwe = await chat.signUp('Uwe from afar and from farther away')
    await uwe.json('/sendComment', { clientId: randomUUID(), to: ann.visitor.id, text: 'psst' })
    await ann.page.locator('.room-link .badge').getByText('1 unread').waitFor({ state: 'attached' })
    await write(ann.page, `${'long'.repeat(60)} https://example.org/${'path/'.repeat(40)}`)
    await ann.page.locator('.message:not(.waiting)').last().waitFor()
    await lookAt(ann, 'the chat')
    if ('isMobile' in options) {
      await ann.page.getByRole('button', { name: 'People' }).click()
      await lookAt(ann, 'the people')
      await ann.page.keyboard.press('Escape')
      await ann.page.getByRole('button', { name: 'Menu' }).click()
      await lookAt(ann, 'the menu')
    }
    for (const path of ['/password', '/password/confirm', '/nowhere', '/devices', '/devices/admin']) {
      await ann.page.goto(path)
      await lookAt(ann, path)
    }
    await ann.context.clearCookies()
    for (const path of ['/login', '/login#expired', '/register']) {
      await ann.page.goto(path)
      await lookAt(ann, path)
    }
    await ann.page.getByLabel('Email').fill('nobody@example')
    await ann.page.getByLabel('Name').fill(' ')
    await ann.page.getByLabel('Password').fill('12345678')
    await ann.page.getByRole('button').click()
    await ann.page.locator('.problem').first().waitFor()
    await lookAt(ann, 'a form with problems')
  })
})

async function lookAt({ page }: Person, what: string): Promise<void> {
  // A page that a form leads to can be asked before its style sheets are there.
  await page.waitForLoadState()
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
  expect([what, violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)]).toEqual([what, []])
  expect([what, await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')]).toEqual([what, 0])
}
