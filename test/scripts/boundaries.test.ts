import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'

const SCRIPT = resolve('scripts/boundaries.mjs')
const made: string[] = []

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Runs the check over a project made of these files. */
function check(files: Record<string, string>): { status: number | null; output: string } {
  const root = mkdtempSync(join(tmpdir(), 'steady-session-boundaries-'))
  made.push(root)
  for (const [path, text] of Object.entries({ 'package.json': '{ "dependencies": { "cookie": "1" } }', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, root], { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

describe('the import boundaries', () => {
  test('are kept by these sources', () => {
    const { status, output } = spawnSync(process.execPath, [SCRIPT], { encoding: 'utf8' })
    expect({ status, output }).toMatchObject({ status: 0 })
  })

  test('let through what the design allows', () => {
    const { status, output } = check({
      'lib/store.ts': 'export interface Store {}\n',
      'lib/index.ts': "export { byName } from '../stores/by-name.js'\nexport { a } from './a.js'\n",
      'lib/a.ts': "import { parse } from 'cookie'\nimport type { B } from './b.js'\nimport { createHash } from 'node:crypto'\n",
      'lib/b.ts': "// import x from 'redis'\nimport { a } from './a.js'\n",
      'stores/by-name.ts': "import { redis } from './redis/index.js'\n",
      'stores/redis/index.ts':
        "import type { Store } from '../../lib/store.js'\nimport type { Client } from 'redis'\nvoid import('redis')\n",
      'testing/index.ts': "import { a } from '../lib/a.js'\n",
    })
    expect({ status, output }).toEqual({ status: 0, output: 'boundaries: 7 files, 0 problems\n' })
  })

  test.each([
    ['an import in the store contract', 'lib/store', "import type { A } from './a.js'", 'the store contract imports nothing'],
    ['a package in the store contract', 'lib/store', "import { x } from 'node:crypto'", 'the store contract imports nothing'],
    ['the registry outside of lib/index', 'lib/options', "import { byName } from '../stores/by-name.js'", 'only lib/index'],
    ['the registry in a store', 'stores/layered', "import { byName } from './by-name.js'", 'only lib/index'],
    ['a store that knows the session', 'stores/memory', "import type { Session } from '../lib/session.js'", 'a store knows only'],
    ['a store in a folder that does', 'stores/redis/scripts', "export * from '../../lib/options.js'", 'a store knows only'],
    ['lib on top of auth', 'lib/middleware', "import { login } from '../auth/index.js'", 'never the other way'],
    ['lib on top of testing', 'lib/checks/lifetime', "import '../../testing/index.js'", 'never the other way'],
    ['a driver in lib', 'lib/manager', "import {\n  createClient,\n} from 'redis'", 'not a dependency'],
    ['a driver that lib loads later', 'lib/manager', "const redis = () => import('redis')", 'not a dependency'],
    ['a driver that a store imports at once', 'stores/postgres', "import pg from 'pg'", 'a driver is loaded when its store is named'],
    ['a scoped driver', 'stores/redis', "import { createClient } from '@redis/client'", 'a driver is loaded when its store is named'],
  ])('catch %s', (_, name, statement, reason) => {
    const { status, output } = check({ [`${name}.ts`]: `${statement}\n` })
    expect(status).toBe(1)
    expect(output).toContain(`${name}.ts imports `)
    expect(output).toContain(reason)
  })

  test('catch a cycle of value imports, and name its members', () => {
    const { status, output } = check({
      'lib/a.ts': "import { b } from './b.js'\n",
      'lib/b.ts': "export { c } from './c.js'\n",
      'lib/c.ts': "import { a } from './a.js'\n",
    })
    expect(status).toBe(1)
    expect(output).toContain('cycle of value imports: lib/a -> lib/b -> lib/c -> lib/a')
  })

  test('warn about a file over 220 lines and refuse one over 300', () => {
    const lines = (count: number) => '// a line\n'.repeat(count)
    expect(check({ 'lib/long.ts': lines(221) })).toEqual({
      status: 0,
      output: expect.stringContaining('warning: lib/long.ts has 221 lines'),
    })
    expect(check({ 'stores/longer.ts': lines(301) })).toEqual({
      status: 1,
      output: expect.stringContaining('stores/longer.ts has 301 lines; split it'),
    })
  })
})
