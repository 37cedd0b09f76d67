// The snippets of the README, and an application for each to run in.
import { readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { afterEach, expect } from '@jest/globals'
import { transformSync } from '@swc/core'
import express from 'express'
import * as expressSession from 'express-session'
import { createClient } from 'redis'
import request from 'supertest'
import * as auth from '../../auth/index.js'
import * as main from '../../lib/index.js'
import * as pages from '../../pages/index.js'
import * as testing from '../../testing/index.js'

export const readme = readFileSync('README.md', 'utf8')
export const snippets = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] as string)
export const secret = 'f2b0c9e1a7d84d6c9b3e5a1f0c8d7e6b'

/** The text is a literal wherever this is called, since the test that every snippet is run looks for it in the sources. */
export function snippetWith(text: string): string {
  const found = snippets.filter((snippet) => snippet.includes(text))
  expect(found).toHaveLength(1)
  return found[0] as string
}

/** How many there are; none weighs much. */
export function screenshots(pattern: RegExp): number {
  const sizes = [...readme.matchAll(pattern)].map(([, path]) => statSync(path as string).size)
  for (const size of sizes) expect(size).toBeLessThan(150_000)
  return sizes.length
}

type AfterTest = (work: () => unknown) => void

export interface Site {
  readonly app: express.Express
  readonly server: Server
  readonly sessions: main.Sessions
  /** Takes the middleware of a snippet, which is closed after the test. */
  readonly own: { use(made: main.Sessions): void }
  /** Runs a snippet with these names in reach; `import` becomes what the package exports. */
  run(snippet: string, names: Record<string, unknown>): Promise<unknown>
  /** The last one comes first. */
  readonly afterTest: AfterTest
}

/** Opens sites, and closes them after each test. The application does not use the sessions unless a test or a snippet says so. */
export function siteOpener(): () => Promise<Site> {
  const works: (() => unknown)[] = []
  afterEach(async () => {
    for (const work of works.splice(0).reverse()) await work()
  })
  return () => openSite((work) => works.push(work))
}

async function openSite(afterTest: AfterTest): Promise<Site> {
  Object.assign(process.env, { SESSION_SECRET: secret, NEW_SECRET: 'a1c3e5f7092b4d6f8a0c2e4f6b8d0f1e', OLD_SECRET: secret })
  const app = express()
  app.use(express.urlencoded())
  const sessions = main.session({ secret })
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(async () => {
    await sessions.close()
    await new Promise((resolve) => server.close(resolve))
  })
  const use = (made: main.Sessions): void => {
    app.use(made)
    afterTest(() => made.close())
  }
  return { app, server, sessions, own: { use }, run: (snippet, names) => run(snippet, names, afterTest), afterTest }
}

async function run(snippet: string, names: Record<string, unknown>, afterTest: AfterTest): Promise<unknown> {
  const { code } = transformSync(snippet, { jsc: { parser: { syntax: 'ecmascript' }, target: 'es2023' }, module: { type: 'commonjs' } })
  const openClient = (options: Parameters<typeof createClient>[0]) => {
    const client = createClient(options)
    afterTest(() => client.close())
    return client
  }
  const modules: Record<string, unknown> = {
    express,
    'express-session': expressSession,
    redis: { createClient: openClient },
    'steady-session': main,
    'steady-session/auth': auth,
    'steady-session/pages': pages,
    'steady-session/testing': testing,
  }
  const scope = { require: (name: string) => modules[name], exports: {}, module: {}, ...names }
  const free = Object.fromEntries(Object.entries(scope).filter(([name]) => !new RegExp(`(const|let) ${name}\\b`).test(snippet)))
  const body = new Function(...Object.keys(free), `return (async () => { ${code} })()`)
  return body(...Object.values(free))
}

/** One browser, two requests. */
export async function countsTwice({ app, server }: Site): Promise<void> {
  app.get('/count', async (req, res) => res.send(String(await req.session.increment('count'))))
  const agent = request.agent(server)
  await agent.get('/count').expect('1')
  await agent.get('/count').expect('2')
}

/** Exactly one, of options that are right. */
export async function makesAMiddleware({ run }: Site, snippet: string): Promise<void> {
  const made: main.Sessions[] = []
  await run(snippet, { app: { use: (each: main.Sessions) => made.push(each) }, session: main.session })
  expect(made).toHaveLength(1)
  await made[0]?.close()
}
