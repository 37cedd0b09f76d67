// People who chat in real browsers.
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import type { Chat, Visitor } from './support.js'

export interface Person {
  readonly name: string
  readonly visitor: Visitor
  readonly context: BrowserContext
  readonly page: Page
  /** What the page or the browser complained of. */
  readonly complaints: string[]
}

/** Keeps the browsers of the people of one chat, and closes them. */
export class Company {
  readonly #browser: Browser
  readonly #chat: Chat
  readonly #contexts: BrowserContext[] = []

  constructor(browser: Browser, chat: Chat) {
    this.#browser = browser
    this.#chat = chat
  }

  /** Somebody with an account, whose browser shows the chat. */
  async join(name: string, options: BrowserContextOptions = {}): Promise<Person> {
    const visitor = await this.#chat.signUp(name)
    return this.openBrowser(visitor, options)
  }

  /** Another browser of the same person, who signs in there, too. */
  async joinAgain({ visitor }: Person, options: BrowserContextOptions = {}): Promise<Person> {
    const other = Object.assign(visitor.copy(), { jar: new Map<string, string>() })
    await other.logIn()
    return this.openBrowser(other, options)
  }

  async openBrowser(visitor: Visitor, options: BrowserContextOptions = {}): Promise<Person> {
    const { context, complaints } = await this.stranger(options)
    await context.addCookies([...visitor.jar].map(([name, value]) => ({ name, value, url: this.#chat.url })))
    const page = await context.newPage()
    await page.goto('/')
    if (options.javaScriptEnabled !== false) await connected(page)
    return { name: visitor.name, visitor, context, page, complaints }
  }

  async stranger(options: BrowserContextOptions = {}): Promise<{ context: BrowserContext; complaints: string[] }> {
    const context = await this.#browser.newContext({ baseURL: this.#chat.url, viewport: { width: 1040, height: 700 }, ...options })
    context.setDefaultTimeout(10_000)
    this.#contexts.push(context)
    const complaints: string[] = []
    context.on('console', (message) => void (['error', 'warning'].includes(message.type()) && complaints.push(message.text())))
    context.on('weberror', (error) => void complaints.push(String(error.error())))
    return { context, complaints }
  }

  async close(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()))
  }
}

export function connected(page: Page): Promise<void> {
  return page.locator('.connection[data-state=open]').waitFor({ state: 'attached' })
}

/** Writes in the room that is open. */
export async function write(page: Page, text: string): Promise<void> {
  await field(page).fill(text)
  await page.keyboard.press('Enter')
}

export function field(page: Page): Locator {
  return page.locator('.composer textarea')
}

/** The message with this text, once it is there. */
export function message(page: Page, text: string): Locator {
  return page.locator('.message', { has: page.getByText(text, { exact: true }) })
}

export function roomLink(page: Page, name: string): Locator {
  return page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name })
}

export async function openRoom(page: Page, name: string): Promise<void> {
  await roomLink(page, name).click()
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
}

/** The texts of the room that is open, in order. */
export function texts(page: Page): Promise<string[]> {
  return page.locator('.message .text').allTextContents()
}
