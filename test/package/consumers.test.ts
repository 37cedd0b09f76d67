import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { Installed, place, run } from './installed.js'
import { describeTypes } from './types.js'

jest.setTimeout(120_000)

let installed: Installed
const folders = { module: '', commonjs: '' }

beforeAll(() => {
  installed = new Installed()
  for (const type of ['module', 'commonjs'] as const)
    folders[type] = installed.project(type, 'express@5', '@types/express@5', '@types/node@20')
})
afterAll(() => installed.remove())

/** Signs in, reads and signs out, as a browser with a cookie would. */
async function visit(port: number): Promise<unknown[]> {
  let cookie = ''
  const seen: unknown[] = []
  for (const [method, path] of [
    ['GET', '/'],
    ['POST', '/sign-in'],
    ['GET', '/'],
    ['POST', '/sign-out'],
    ['GET', '/'],
  ] as const) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { cookie } })
    cookie = response.headers.getSetCookie().at(-1)?.split(';', 1)[0] ?? cookie
    seen.push(await response.json())
  }
  const script = await fetch(`http://127.0.0.1:${port}/session/client.js`)
  expect(await script.text()).toMatch(/\bas watchSession\b/)
  return seen
}

function printNames(module: string): string {
  return `console.log(Object.keys(${module}).sort().join('\\n'))`
}

/** For Prometheus, Grafana and whoever reads the audit trail. */
const OPS_FILES = ['ops/audit.schema.json', 'ops/grafana-dashboard.json', 'ops/prometheus-rules.yml']

const SIGNED_IN_AND_OUT = [{}, { userId: 'ann' }, { userId: 'ann' }, {}, {}]

describe('the packed tarball', () => {
  test.each([
    ['an ES module project', 'module', 'app.mjs'],
    ['a CommonJS project', 'commonjs', 'app.cjs'],
    ['an ES module in a CommonJS project', 'commonjs', 'app.mjs'],
  ] as const)('signs in, reads and signs out in %s', async (_, type, app) => {
    place(app, folders[type])
    expect(await visit(await installed.start(folders[type], app))).toEqual(SIGNED_IN_AND_OUT)
  })

  test.each(['', '/auth', '/client', '/audit', '/metrics', '/pages', '/testing'].map((entry) => `steady-session${entry}`))(
    'gives the same names to import and to require: %s',
    (entry) => {
      const imported = run(folders.module, process.execPath, '--input-type=module', '-e', printNames(`await import('${entry}')`))
      const required = run(folders.commonjs, process.execPath, '--input-type=commonjs', '-e', printNames(`require('${entry}')`))
      expect(imported).toBe(required)
      expect(imported).not.toBe('')
    },
  )

  test('holds the build, its papers and nothing else', () => {
    const paths = run(process.cwd(), 'tar', '-tzf', installed.tarball).trim().split('\n')
    const unexpected = paths.filter(
      (path) => !/^package\/(dist\/(esm|cjs)\/(lib|stores|auth|client|ops|pages|testing)\/.+\.(js|d\.ts)|ops\/[a-z.-]+|[^/]+)$/.test(path),
    )
    expect(unexpected).toEqual(['package/dist/cjs/package.json'])
    expect(paths.filter((path) => !path.startsWith('package/dist/')).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', ...OPS_FILES, 'package.json'].map((name) => `package/${name}`),
    )
  })

  test('brings no driver and no more than its three dependencies', () => {
    const { dependencies } = JSON.parse(run(folders.module, 'npm', 'ls', '--json', '--depth=1')) as {
      dependencies: Record<string, { dependencies: Record<string, { version?: string }> }>
    }
    // npm lists optional peers, too, without a version as long as nobody has installed them.
    const installed = Object.entries(dependencies['steady-session']?.dependencies ?? {}).filter(([, { version }]) => version !== undefined)
    expect(installed.map(([name]) => name).sort()).toEqual(['cookie', 'cookie-signature', 'ms'])
  })
})

describe('the command line', () => {
  test.each(['module', 'commonjs'] as const)('is installed as a command that runs in a %s project', (type) => {
    const version = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version
    expect(run(folders[type], 'npx', '--no-install', 'steady-session', '--version')).toBe(`${version}\n`)
    expect(run(folders[type], 'npx', '--no-install', 'steady-session', 'kill', '--help')).toMatch(/^Usage: steady-session kill /)
  })

  test('says the command that installs the driver, with exit code 3', () => {
    const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'steady-session', 'stats', '--store', 'redis://127.0.0.1:1'], {
      cwd: folders.module,
      encoding: 'utf8',
    })
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(stderr).toContain('steady-session: session store: connect needs the package redis: npm install redis\n')
  })
})

describe('without its driver', () => {
  const told = `process.emitWarning = (message, { code }) => console.log(code, message)`
  const use = (store: string) => `{
    const sessions = session({ secret: 'a secret of at least thirty-two bytes', store: '${store}' })
    console.log('made')
    sessions.ready().catch(({ message }) => console.log(message)).then(() => sessions.close())
  }`
  const evaluate = { module: "import { session } from 'steady-session'", commonjs: "const { session } = require('steady-session')" }

  test.each([
    ['module', 'redis', 'redis', 'redis'],
    ['module', 'memcache://127.0.0.1', 'memcache', 'memjs'],
    ['commonjs', 'redis://127.0.0.1', 'redis', 'redis'],
    ['commonjs', 'memcache', 'memcache', 'memjs'],
  ] as const)('in a %s project %s says the command that installs it: at once, and through ready()', (type, store, name, driver) => {
    const script = `${evaluate[type]}\n${told}\n${use(store)}`
    expect(run(folders[type], process.execPath, `--input-type=${type}`, '-e', script).trim().split('\n')).toEqual([
      `STEADY_SESSION_CONNECT store: the ${name} store needs the package ${driver}: npm install ${driver}`,
      'made',
      `session store: connect needs the package ${driver}: npm install ${driver}`,
    ])
  })
})

describe('without its peer', () => {
  test.each([
    ['audit', 'pino', 'logger'],
    ['metrics', 'prom-client', 'client'],
  ])('%s says the command that installs it', (entry, peer, option) => {
    const told = `needs the package ${peer}: npm install ${peer}, or hand it in as the option ${option}`
    const call = `try { ${entry}(session({ secret: 'a secret of at least thirty-two bytes' })) } catch ({ message }) { console.log(message) }`
    const imports = `import { session } from 'steady-session'; import { ${entry} } from 'steady-session/${entry}'`
    const requires = `const { session } = require('steady-session'); const { ${entry} } = require('steady-session/${entry}')`
    expect(run(folders.module, process.execPath, '--input-type=module', '-e', `${imports}; ${call}`).trim()).toBe(`${entry}: ${told}`)
    expect(run(folders.commonjs, process.execPath, '--input-type=commonjs', '-e', `${requires}; ${call}`).trim()).toBe(`${entry}: ${told}`)
  })

  test('the schema of the audit trail can be loaded by its name', () => {
    const schema = run(folders.commonjs, process.execPath, '-p', "require('steady-session/audit.schema.json').$schema")
    expect(schema.trim()).toBe('https://json-schema.org/draft/2020-12/schema')
  })
})

describe('the bundle that esbuild makes without any driver installed', () => {
  const esbuild = `${process.cwd()}/node_modules/.bin/esbuild`

  test.each([
    // CommonJS packages inside of an ES module need a `require`: esbuild's documented way.
    [
      'ES module',
      'module',
      'app.mjs',
      'esm',
      'mjs',
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    ],
    ['CommonJS', 'commonjs', 'app.cjs', 'cjs', 'cjs', ''],
  ] as const)('runs alone as %s', async (_, type, app, format, extension, banner) => {
    const folder = folders[type]
    const alone = installed.folder(`bundle-${format}`)
    place(app, folder)
    const options = ['--bundle', '--platform=node', '--log-level=warning', `--format=${format}`, `--banner:js=${banner}`]
    run(folder, esbuild, app, ...options, `--outfile=${alone}/bundle.${extension}`)
    expect(await visit(await installed.start(alone, `bundle.${extension}`))).toEqual(SIGNED_IN_AND_OUT)
  })
})

describeTypes(() => folders.module)
