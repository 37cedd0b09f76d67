// Takes the screenshots of this folder anew: npm run build && node docs/screenshots/take.mjs
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { chromium } from 'playwright-core'
import { memoryStore, session } from 'steady-session'
import { sessionPages } from 'steady-session/pages'

const folder = dirname(fileURLToPath(import.meta.url))
const MINUTE = 60_000
const AGENTS = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  android: 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  curl: 'curl/8.5.0',
}
/** Who signed in from where, how many minutes ago, and was seen last. */
const VISITS = [
  ['ann', 'mac', '198.51.100.7', 12 * 24 * 60, 9 * 24 * 60],
  ['ann', 'iphone', '2001:db8:40::a2', 3 * 24 * 60, 130],
  ['cora', 'edge', '198.51.100.90', 26 * 60, 25 * 60],
  ['dan', 'android', '203.0.113.54', 190, 4],
  ['dan', 'curl', '203.0.113.54', 55, 55],
  ['ann', 'edge', '192.0.2.61', 40, 12],
]

const clock = Object.assign(() => clock.now, { now: Date.UTC(2026, 10, 22, 9, 30) })
const end = clock.now
const sessions = session({ secret: 'only for screenshots, which nobody signs in to', store: memoryStore({ clock }), proxy: true })
const app = express()
app.use(sessions)
app.post('/in/:user', async (req, res) => {
  await req.session.signIn(req.params.user)
  res.end()
})
app.get('/seen', (req, res) => res.end(String(req.session.info.userId)))
app.use('/sessions', sessionPages({ sessions, title: 'Example Shop', authorize: (req) => req.session.get('userId') === 'root' }))
const server = createServer(app)
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}`

/** The cookie of a sign-in that is so many minutes ago. */
async function signIn(user, agent, address, ago, seen) {
  const headers = { 'User-Agent': AGENTS[agent], 'X-Forwarded-For': address }
  clock.now = end - ago * MINUTE
  const answer = await fetch(`${url}/in/${user}`, { method: 'POST', headers })
  const [, value] = /^sid=([^;]*)/.exec(answer.headers.getSetCookie()[0])
  clock.now = end - seen * MINUTE
  await fetch(`${url}/seen`, { headers: { ...headers, Cookie: `sid=${value}` } })
  return value
}

const visits = VISITS.map((visit) => ({ visit, at: visit[3] })).sort((a, b) => b.at - a.at)
for (const { visit } of visits) await signIn(...visit)
const cookies = { ann: await signIn('ann', 'firefox', '192.0.2.15', 180, 0), root: await signIn('root', 'firefox', '192.0.2.99', 15, 0) }
clock.now = end
const [, moving] = await sessions.list({ user: 'ann', sortBy: 'idle', limit: 2 })
await sessions.end(moving.handle, { in: '15m', message: 'We are moving to new servers.' })

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
const LOOKS = {
  light: { viewport: { width: 1040, height: 600 }, colorScheme: 'light' },
  dark: { viewport: { width: 360, height: 1100 }, colorScheme: 'dark', isMobile: true, deviceScaleFactor: 1.25 },
}
for (const [user, path, name] of [
  ['ann', '/sessions', 'devices'],
  ['root', '/sessions/admin', 'admin'],
]) {
  for (const [look, options] of Object.entries(LOOKS)) {
    const context = await browser.newContext({ ...options, userAgent: AGENTS.firefox, javaScriptEnabled: false })
    await context.addCookies([{ name: 'sid', value: cookies[user], url }])
    const page = await context.newPage()
    await page.goto(url + path)
    await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: look === 'light' })
    await context.close()
  }
}
await browser.close()
server.close()
await sessions.close()
