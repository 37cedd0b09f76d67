// Holds the sources to the arrows of the design: which folder may import what, no cycle of value imports, no long file.
// Usage: node scripts/boundaries.mjs [root]
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE_FOLDERS = ['lib', 'stores', 'testing', 'auth', 'client', 'ops', 'pages', 'express-session']
const ABOVE_LIB = ['auth', 'client', 'ops', 'pages', 'express-session', 'testing']
const STORES_MAY_IMPORT = ['lib/store', 'lib/token', 'lib/errors', 'lib/maybe', 'lib/durations', 'lib/apply', 'lib/facts', 'lib/own-text']
const WARN_LINES = 220
const FAIL_LINES = 300

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'))
const dependencies = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies ?? {})
const files = SOURCE_FOLDERS.flatMap(sourcesIn).map(readSource)
const problems = [...files.flatMap(forbiddenImports), ...cycles(files), ...files.flatMap(tooLong)]

for (const { name, lines } of files) {
  if (lines > WARN_LINES && lines <= FAIL_LINES) console.warn(`warning: ${name}.ts has ${lines} lines; ${WARN_LINES} are plenty`)
}
for (const problem of problems) console.error(problem)
console.log(`boundaries: ${files.length} files, ${problems.length} problems`)
if (problems.length > 0) process.exitCode = 1

function sourcesIn(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.ts'))
}

/** A module is named by its path without the extension: `lib/store`. */
function readSource(path) {
  const text = readFileSync(join(root, path), 'utf8')
  return { name: path.slice(0, -'.ts'.length), lines: text.trimEnd().split('\n').length, imports: importsOf(path, text) }
}

/** Every import and re-export of a file. Statements begin a line: the formatter sees to that. */
function importsOf(path, text) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const found = []
  for (const [, type, specifier] of code.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)) {
    found.push({ kind: type === undefined ? 'value' : 'type', specifier })
  }
  for (const [, specifier] of code.matchAll(/\b(?:import|require)\s*\(\s*['"`]([^'"`]+)['"`]\s*\)/g)) {
    found.push({ kind: 'dynamic', specifier })
  }
  return found.map((one) => ({ ...one, target: targetOf(path, one.specifier) }))
}

/** `lib/store` for one of our modules, else the specifier as it stands. */
function targetOf(path, specifier) {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, '') : specifier
}

function forbiddenImports({ name, imports }) {
  return imports.flatMap((one) => {
    const reason = one.specifier.startsWith('.') ? forbiddenModule(name, one.target) : forbiddenPackage(name, one)
    return reason === undefined ? [] : [`${name}.ts imports ${one.target}: ${reason}`]
  })
}

function forbiddenModule(name, target) {
  const [from] = name.split('/')
  const [to] = target.split('/')
  if (name === 'lib/store') return 'the store contract imports nothing'
  if (target === 'stores/by-name' && name !== 'lib/index') return 'only lib/index knows the registry of stores'
  if (from === 'stores' && to !== 'stores' && !STORES_MAY_IMPORT.includes(target)) {
    return `a store knows only ${STORES_MAY_IMPORT.join(', ')} and other stores`
  }
  if (from === 'lib' && ABOVE_LIB.includes(to)) return `${to} stands on top of lib, never the other way`
  return undefined
}

/** Drivers are optional: a static import of one would break every application that does not have it. */
function forbiddenPackage(name, { kind, specifier }) {
  if (name === 'lib/store') return 'the store contract imports nothing'
  if (specifier.startsWith('node:') || dependencies.includes(packageOf(specifier))) return undefined
  if (name.startsWith('stores/') && kind !== 'value') return undefined
  return name.startsWith('stores/') ? 'a driver is loaded when its store is named' : 'not a dependency of this package'
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Cycles of imports that exist at run time; `import type` is erased. */
function cycles(sources) {
  const byName = new Map(sources.map((source) => [source.name, source]))
  const done = new Set()
  const found = []
  const visit = (name, trail) => {
    const start = trail.indexOf(name)
    if (start !== -1) return found.push(`cycle of value imports: ${[...trail.slice(start), name].join(' -> ')}`)
    if (done.has(name)) return
    for (const { kind, target } of byName.get(name)?.imports ?? []) if (kind === 'value') visit(target, [...trail, name])
    done.add(name)
  }
  for (const { name } of sources) visit(name, [])
  return found
}

function tooLong({ name, lines }) {
  return lines > FAIL_LINES ? [`${name}.ts has ${lines} lines; split it (at most ${FAIL_LINES})`] : []
}
