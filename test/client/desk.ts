// A site, and a browser with tabs that look at it. Neither the site's clock nor the browser's goes on unless a test lets it.
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll } from '@jest/globals'
import express from 'express'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { memoryStore, type SessionOptions, type Sessions, session, sessionStatus } from '../../lib/index.js'
import type { SessionStatus } from '../../lib/status-report.js'
import { cookieFor } from '../../testing/index.js'
import { type Clock, clockAt, SECRET } from '../lib/harness.js'
import { startChromium } from './chromium.js'

/** Tabs that are due at the same moment spread their requests over less than this. */
export const SPREAD = 300

/** Nothing inline, nothing from elsewhere, no text that becomes markup. */
const STRICT = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Your account</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/page.css">
    <script type="module" src="/page.js"></script>
  </head>
  <body>
    <h1>Your account</h1>
    <p>Balance: 17.50</p>
    <input aria-label="Message">
  </body>
</html>`

const SCRIPT = `
import { watchSession } from '/session/client.js'
globalThis.told = []
globalThis.violations = []
document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective))
const tell = (name) => (value) => told.push([name, value.secondsLeft ?? value.message].join(' '))
const dialog = JSON.parse(decodeURIComponent(location.hash.slice(1)) || 'false')
globalThis.watch = watchSession({ dialog, onWarning: tell('warning'), onSafe: tell('safe'), onEnded: tell('ended'), onNotice: tell('notice') })
`

/** What a page might write: a few lines are enough. */
export const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem; color: #1c2330; }
.session-dialog { border: 0; border-radius: 12px; padding: 2rem; max-width: 22rem; box-shadow: 0 12px 40px rgb(0 0 0 / .3); text-align: center; text-wrap: balance; color: inherit; }
.session-dialog::backdrop { background: rgb(20 26 38 / .55); }
.session-dialog-title { margin: 0 0 .5rem; font-size: 1.25rem; }
.session-dialog-message { margin: 0; color: #4a5468; }
.session-dialog-timer { margin: 1rem 0; font-size: 2.5rem; line-height: 1; font-variant-numeric: tabular-nums; }
.session-dialog-failure { margin: 0; color: #b3261e; }
.session-dialog-button { margin-top: 1rem; padding: .6rem 1.4rem; border: 0; border-radius: 8px; background: #1f5fd0; color: #fff; font: inherit; }
.session-dialog-button:focus-visible { outline: 3px solid #9dc1ff; outline-offset: 2px; }
`

declare global {
  var told: string[]
  var violations: string[]
  var watch: {
    readonly status: SessionStatus | null
    stay(): Promise<SessionStatus>
    check(): Promise<SessionStatus>
    stop(): void
  }
}

export interface Site {
  readonly url: string
  readonly sessions: Sessions
  readonly clock: Clock
  /** What browsers asked `/session` for, but for the script. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

/** Sessions of ten minutes, of which the last two are warned of. */
export async function openSite(options: SessionOptions = {}): Promise<Site> {
  const clock = clockAt(Date.UTC(2026, 10, 23))
  const sessions = session({ secret: SECRET, store: memoryStore({ clock }), expiry: '10m', maxLifetime: '30d', ...options })
  const asked: string[] = []
  const app = express()
  app.use((_req, res, next) => void (res.setHeader('Content-Security-Policy', STRICT), next()))
  app.use('/session', (req, _res, next) => void (req.url === '/client.js' || asked.push(req.url.slice(1)), next()), sessionStatus(sessions))
  app.get('/page.js', (_req, res) => void res.type('text/javascript').send(SCRIPT))
  app.get('/page.css', (_req, res) => void res.type('text/css').send(STYLE))
  app.use(sessions)
  app.get('/', (_req, res) => void res.send(PAGE))
  app.post('/sign-out', (req, res) => req.session.signOut().then(() => res.end()))
  app.post('/as/:user', (req, res) => req.session.signIn(req.params.user).then(() => res.end()))
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await sessions.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sessions, clock, asked, close }
}

export class Desk {
  readonly site: Site
  readonly context: BrowserContext

  private constructor(site: Site, context: BrowserContext) {
    this.site = site
    this.context = context
  }

  /** Somebody who is signed in. */
  static async open(browser: Browser, options: SessionOptions = {}): Promise<Desk> {
    const site = await openSite(options)
    const context = await browser.newContext({ viewport: { width: 720, height: 480 } })
    const { name, value } = await cookieFor(site.sessions, { userId: 'ann' })
    await context.addCookies([{ name, value, url: site.url }])
    await context.clock.install({ time: site.clock.now })
    await context.clock.pauseAt(site.clock.now + 1000)
    return new Desk(site, context)
  }

  /** A tab that knows how its session is; `dialog` as `watchSession` takes it. */
  async tab(dialog: unknown = false): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(`${this.site.url}/#${encodeURIComponent(JSON.stringify(dialog))}`)
    await eventually(() => page.evaluate(() => globalThis.watch?.status != null))
    return page
  }

  /**
   * Time goes by, for the site and for the browser. The clocks of its pages run one after the other, and a page that is minutes behind would take what it hears
   * of another for old: so the moment in which they may hear of each other goes by on its own.
   */
  async pass(ms: number): Promise<void> {
    for (const part of ms > SPREAD ? [ms - SPREAD, SPREAD] : [ms]) {
      this.site.clock.now += part
      await this.context.clock.runFor(part)
    }
  }

  /** A request that is none of the watched pages' own. */
  async visit(method: 'GET' | 'POST', path: string): Promise<void> {
    await this.context.request.fetch(`${this.site.url}${path}`, { method })
  }

  async close(): Promise<void> {
    await this.context.close()
    await this.site.close()
  }
}

/** For a file: opens desks in one browser, and closes them after each test. */
export function deskOpener(): (options?: SessionOptions) => Promise<Desk> {
  let browser: Browser
  const desks: Desk[] = []
  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    for (const desk of desks.splice(0)) await desk.close()
  })
  return async (options) => {
    const desk = await Desk.open(browser, options)
    desks.push(desk)
    return desk
  }
}

export function toldIn(page: Page): Promise<string[]> {
  return page.evaluate(() => globalThis.told)
}

/** The page is left for another tab, and looked at again. */
export async function returnTo(page: Page): Promise<void> {
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
}

/** Asks until it is so: for what a request brings about. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
