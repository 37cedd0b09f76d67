// Takes the screenshots of the example application anew: npm run build && node docs/screenshots/take-chat.mjs
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const folder = dirname(fileURLToPath(import.meta.url))
const AGENTS = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
}
const PASSWORD = 'only for screenshots'
const CONVERSATION = [
  ['Bob', 'Good morning! The new build is on staging.'],
  ['Bob', 'Have a look when you can, no hurry.'],
  ['Ann', 'Looking now.'],
  ['Émile', 'Does it still sign me out when I open two tabs?'],
  ['Bob', 'No. Two tabs, two drafts, and both are still there. Even if you write in both at once.'],
  ['Cora', 'And <script>alert(1)</script> is just text.'],
  ['Ann', 'Works for me, on the phone as well.\nLunch at half past twelve?'],
  ['Émile', 'Yes!'],
]
const LOOKS = {
  light: { viewport: { width: 1040, height: 640 }, colorScheme: 'light' },
  dark: { viewport: { width: 360, height: 720 }, colorScheme: 'dark', isMobile: true, hasTouch: true, deviceScaleFactor: 1.25 },
}

const data = mkdtempSync(join(tmpdir(), 'steady-session-screenshots-'))
const chat = spawn(process.execPath, [join(folder, '../../example-app/server.js')], {
  env: { ...process.env, NODE_ENV: 'development', PORT: '0', TRUST_PROXY: '1', DATABASE_URL: `file:${join(data, 'chat.db')}` },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const baseURL = await new Promise((resolve) => {
  chat.stdout.on('data', (text) => {
    const [address] = /http:\S+/.exec(text) ?? []
    if (address !== undefined) resolve(address)
  })
})
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
try {
  await takeAll()
} finally {
  await browser.close()
  chat.kill()
  rmSync(data, { recursive: true, force: true })
}

async function takeAll() {
  const people = {}
  for (const [index, name] of ['Ann', 'Bob', 'Cora', 'Émile', 'Farid', 'Gunhild'].entries()) {
    people[name] = await enter('/register', { name, agent: AGENTS.firefox, address: `192.0.2.${10 + index}` })
  }
  for (const [name, text] of CONVERSATION) await send(people[name], text)
  await enter('/login', { name: 'Ann', agent: AGENTS.iphone, address: '2001:db8:40::a2' })
  await enter('/login', { name: 'Ann', agent: AGENTS.edge, address: '198.51.100.90' })
  for (const [look, options] of Object.entries(LOOKS)) await takeLook(look, options, people)
}

async function takeLook(look, options, people) {
  const shoot = (page, name) => page.screenshot({ path: join(folder, `chat-${name}-${look}.png`) })
  const stranger = await (await browser.newContext({ baseURL, ...options })).newPage()
  await stranger.goto('/login')
  await shoot(stranger, 'login')

  const context = await browser.newContext({
    baseURL,
    ...options,
    userAgent: AGENTS.firefox,
    storageState: await people.Ann.context.storageState(),
  })
  const page = await context.newPage()
  await page.goto('/chat')
  await page.locator('.connection[data-state=open]').waitFor({ state: 'attached' })
  await send(people.Cora, 'Only for you: the cake is at three.', people.Ann.id)
  await page.locator('.room-link .badge:not([hidden])').first().waitFor({ state: 'attached' })
  await shoot(page, 'room')
  await page.goto('/devices')
  await shoot(page, 'devices')
  await page.goto('/devices/admin')
  await shoot(page, 'admin')
}

/** By the form that a person would use. */
async function enter(path, { name, agent, address }) {
  const context = await browser.newContext({ baseURL, userAgent: agent, extraHTTPHeaders: { 'X-Forwarded-For': address } })
  const page = await context.newPage()
  await page.goto(path)
  await page.getByLabel('Email').fill(`${name.normalize('NFD').replace(/\W/g, '').toLowerCase()}@example.org`)
  if (path === '/register') await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.locator('.card button').click()
  await page.locator('.connection[data-state=open]').waitFor()
  return { context, page, id: await page.locator('.rooms').getAttribute('data-me') }
}

async function send({ page }, text, to = '') {
  const csrf = await page.locator('.composer [name=_csrf]').inputValue()
  const data = { to, text, clientId: randomUUID() }
  const answer = await page.request.post('/sendComment', { data, headers: { 'X-CSRF-Token': csrf } })
  if (!answer.ok()) throw new Error(await answer.text())
}
