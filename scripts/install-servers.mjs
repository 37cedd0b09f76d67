// Installs the servers that the tests run against, and the browser, where they are missing and Debian's packages can be had.
// Usage: node scripts/install-servers.mjs
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, rmdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** Program → Debian package that holds it. Installed in this order: what some system does not have comes last. */
const PACKAGES = { 'redis-server': 'redis-server', memcached: 'memcached', mariadbd: 'mariadb-server', chromium: 'chromium' }
/** Where Debian keeps some of them; only root has it in the PATH. */
const SERVERS = '/usr/sbin'
/** One installation at a time on this machine: two apt-get at once fail. */
const LOCK = '/tmp/steady-session-install-servers'
/** Longer than any installation takes: whoever made the lock was killed. */
const STALE_LOCK_MS = 10 * 60_000

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const installed = await installServers()
    console.log(installed.length === 0 ? 'all is there' : `installed: ${installed.join(', ')}`)
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}

/** Resolves to the packages that were installed; rejects with what a person has to do where this script cannot. */
export async function installServers() {
  if (missingServers().length === 0) return []
  if (!canInstall()) throw new Error(adviceFor(missingServers()))
  await lock()
  try {
    const packages = missingServers().map((program) => PACKAGES[program])
    if (packages.length > 0) install(packages)
    if (missingServers().length > 0) throw new Error(adviceFor(missingServers()))
    return packages
  } finally {
    rmdirSync(LOCK)
  }
}

export function missingServers() {
  return Object.keys(PACKAGES).filter((program) => !isInPath(program) && !(program === 'chromium' && process.env.CHROMIUM_PATH))
}

/** What to do, in one sentence per way. */
export function adviceFor(programs) {
  const packages = programs.map((program) => PACKAGES[program] ?? program)
  return [
    `not installed: ${programs.join(', ')}. The tests need the real ones; do one of these:`,
    `  Debian, Ubuntu: sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`,
    '  macOS:          brew install redis memcached mariadb',
    '  Docker:         docker compose up -d --wait, then set REDIS_URL=redis://127.0.0.1:6379, MEMCACHED_SERVERS=127.0.0.1:11211',
    '                  and MYSQL_URL=mysql://root@127.0.0.1:3306/chat',
    '                  (tests that pause and kill a server still need the programs)',
    '  the browser:    set CHROMIUM_PATH to the program of any Chrome or Chromium',
  ].join('\n')
}

function isInPath(program) {
  return [...(process.env.PATH ?? '').split(delimiter), SERVERS].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function canInstall() {
  return process.platform === 'linux' && process.getuid?.() === 0 && isInPath('apt-get')
}

function install(packages) {
  // RUNLEVEL 1: the packages must not start servers of their own on the standard ports.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const steps = [['update'], ...packages.map((name) => ['install', '-y', '--no-install-recommends', name])]
  for (const step of steps) {
    const { status, stdout, stderr } = spawnSync('apt-get', ['-q', ...step], { env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`apt-get ${step.join(' ')} failed:\n${stdout}${stderr}`)
  }
}

async function lock() {
  for (;;) {
    try {
      return mkdirSync(LOCK)
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (isStale()) rmdirSync(LOCK)
      else await delay(200)
    }
  }
}

function isStale() {
  try {
    return Date.now() - statSync(LOCK).mtimeMs > STALE_LOCK_MS
  } catch {
    return false
  }
}
