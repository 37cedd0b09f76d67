// The README as a whole: every snippet runs, what it shows is what is sent, and its tables name what exists.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import type express from 'express'
import request from 'supertest'
import * as errors from '../../lib/errors.js'
import { readme, screenshots, siteOpener, snippets, snippetWith } from './kit.js'

const open = siteOpener()

test('every snippet is run by one of the tests of this folder', () => {
  expect(snippets).toHaveLength(34)
  const texts = textsOfTests()
  expect(snippets.filter((snippet) => !texts.some((text) => snippet.includes(text)))).toEqual([])
})

/** What the tests of this folder pick their snippets by. */
function textsOfTests(): string[] {
  const files = readdirSync('test/readme').filter((name) => name.endsWith('.test.ts'))
  const sources = files.map((name) => readFileSync(`test/readme/${name}`, 'utf8')).join('\n')
  return [...sources.matchAll(/snippetWith\((?:'([^']+)'|"([^"]+)")\)/g)].map(([, single, double]) => String(single ?? double))
}

test('the first application counts the visits of one browser', async () => {
  const { app, server, run } = await open()
  const snippet = snippetWith('You were here').replace('app.listen(3000)', 'listen(app)')
  await run(snippet, {
    listen: (made: express.Express) => {
      app.use(made)
    },
  })
  const agent = request.agent(server)
  expect((await agent.get('/')).text).toBe('You were here 1 times')
  expect((await agent.get('/')).text).toBe('You were here 2 times')
})

test('the wire transcript shows what the first application sends', async () => {
  const { app, server, run } = await open()
  await run(snippetWith('You were here').replace('app.listen(3000)', 'listen(app)'), { listen: (made: express.Express) => app.use(made) })
  const bare = await request(server).get('/')
  const transcript = /```console\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const shown = [...transcript.matchAll(/^([A-Z][\w-]+): (.*)$/gm)].map((match) => [match[1]?.toLowerCase(), match[2]])
  for (const [name, value] of shown) {
    const sent = String(bare.headers[name as string])
    expect(sent.replace(/sid=[\w-]{22}\.[\w-]{43}\.[^;]{43}/, 'sid=<handle>.<verifier>.<signature>')).toBe(value)
  }
  expect(shown.map(([name]) => name)).toContain('set-cookie')
})

test('the section on the example application names what exists: screenshots, files, and the variables of config.js', () => {
  const [section = ''] = /^## The example application$[\s\S]*?^## /m.exec(readme) ?? []
  expect(screenshots(/<img src="([^"]+\/chat-[^"]+)"/g)).toBe(8)
  const files = [...section.matchAll(/\]\(((?:example-app|compose)[^)]*)\)/g)].map(([, path]) => path as string)
  expect(files.length).toBeGreaterThan(8)
  for (const path of files) expect([path, statSync(path, { throwIfNoEntry: false }) !== undefined]).toEqual([path, true])
  const rows = [...section.matchAll(/^\| (`[A-Z_`, ]+`) \|/gm)].flatMap(([, names]) => (names as string).match(/[A-Z_]+/g) ?? [])
  const read = ['config', 'cluster'].map((name) => readFileSync(`example-app/${name}.js`, 'utf8')).join()
  for (const name of rows) expect([name, new RegExp(`\\b${name}\\b`).test(read)]).toEqual([name, true])
  expect(rows).toContain('SESSION_STORE')
})

test('the table of errors names every class and its code', () => {
  for (const [name, value] of Object.entries(errors))
    if (/.Error$/.test(name) && name !== 'SessionError' && typeof value === 'function') expect(readme).toContain(`\`${name}\``)
})

test('the table of options names every option with its default', () => {
  const source = readFileSync('lib/resolve-options.ts', 'utf8')
  const own = /const OWN[^']*'([^']+)'/.exec(source)?.[1]?.split(',') ?? []
  expect(own.length).toBeGreaterThan(10)
  for (const option of own) expect(readme).toMatch(new RegExp(`^\\| \`${option}\` \\|`, 'm'))
})
