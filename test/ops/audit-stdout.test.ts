// Without a logger or a destination: pino, on standard output, in a process of its own.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { buildSync } from 'esbuild'
import { SECRET } from '../lib/harness.js'
import { recordIn } from './kit.js'

jest.setTimeout(60_000)

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steady-session-audit-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs it as one file, beside our packages or without any; gives what it prints. */
function runAlone(name: string, last: string, withPackages: boolean): string {
  const contents = `
    import { session } from './lib/index.js'
    import { audit } from './ops/audit.js'
    import { metrics } from './ops/metrics.js'
    import { cookieFor } from './testing/index.js'
    const sessions = session({ secret: '${SECRET}' })
    ${last}`
  const outfile = join(folder, name, 'app.mjs')
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }
  buildSync({
    stdin: { contents, resolveDir: resolve('.'), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner,
    outfile,
    logLevel: 'error',
  })
  if (withPackages) symlinkSync(resolve('node_modules'), join(folder, name, 'node_modules'))
  return execFileSync(process.execPath, [outfile], { encoding: 'utf8' })
}

test.each([
  ['after it was stopped', 'await stop()'],
  ['also if the process ends without stopping it', ''],
])('lines arrive there, %s', (name, last) => {
  const printed = runAlone(name, `const stop = audit(sessions); await cookieFor(sessions, { userId: 'ann\\u2028\\n' }); ${last}`, true)
  const records = printed.split(/(?<=\n)/).map(recordIn)
  expect(records.map(({ level, event, user }) => [level, event, user])).toEqual([
    ['info', 'created', 'ann\\u{2028}\\u{a}'],
    ['info', 'signedIn', 'ann\\u{2028}\\u{a}'],
  ])
})

test('a missing package is an error at once, with the command that installs it; a bundle without it runs', () => {
  const tell = (call: string): string => `try { ${call}(sessions) } catch (error) { console.log(error.message) }`
  expect(
    runAlone('bare', `${tell('audit')} ${tell('metrics')} audit(sessions, { destination: () => {} })`, false)
      .trim()
      .split('\n'),
  ).toEqual([
    'audit: needs the package pino: npm install pino, or hand it in as the option logger',
    'metrics: needs the package prom-client: npm install prom-client, or hand it in as the option client',
  ])
})
