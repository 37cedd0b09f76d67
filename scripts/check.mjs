// Everything that can be told without running the tests: types, lint and format, import boundaries, and the packed tarball.
// Runs all of it, so that one run shows all that is wrong.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packed = mkdtempSync(join(tmpdir(), 'steady-session-check-'))
const tool = (name) => join(root, 'node_modules', '.bin', name)
const failed = []

try {
  step('types', tool('tsc'), '-p', 'tsconfig.json')
  step('types in the browser', tool('tsc'), '-p', 'test/client/tsconfig.json')
  step('lint and format', tool('biome'), 'check', '--error-on-warnings', '--diagnostic-level=warn', '.')
  step('import boundaries', process.execPath, 'scripts/boundaries.mjs')
  // npm runs `prepare` first, so the tarball is built from the sources as they are.
  if (step('pack', 'npm', 'pack', '--silent', '--pack-destination', packed)) {
    const tarball = join(packed, readdirSync(packed)[0])
    step('publint', tool('publint'), 'run', '--strict', tarball)
    step('are the types wrong', tool('attw'), '--profile', 'node16', '--no-definitely-typed', '--no-emoji', '--format', 'ascii', tarball)
  }
} finally {
  rmSync(packed, { recursive: true, force: true })
}

console.log(failed.length === 0 ? '\ncheck: all good' : `\ncheck: failed: ${failed.join(', ')}`)
if (failed.length > 0) process.exitCode = 1

function step(title, command, ...args) {
  console.log(`\n--- ${title}`)
  const passed = spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0
  if (!passed) failed.push(title)
  return passed
}
