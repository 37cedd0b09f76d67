// The package as it is built, for tests that run programs which import it by its name.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const SOURCES = [
  'lib',
  'stores',
  'auth',
  'client',
  'ops',
  'pages',
  'testing',
  'scripts/build.mjs',
  'tsconfig.esm.json',
  'tsconfig.cjs.json',
]
/** The last thing that a build writes. */
const BUILT = 'dist/cjs/lib/client-script.js'
const STALE_LOCK_MS = 60_000

/** Builds `dist/` if a source is newer. One at a time, and not at all if it is as new as can be: another test file may be starting a program of it. */
export async function buildPackage(): Promise<void> {
  const lock = join(tmpdir(), 'steady-session-build')
  await taken(lock)
  try {
    if (isStale()) execFileSync(process.execPath, ['scripts/build.mjs'])
  } finally {
    rmdirSync(lock)
  }
}

async function taken(lock: string): Promise<void> {
  for (;;) {
    try {
      return void mkdirSync(lock)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if (Date.now() - changedAt(lock, Date.now()) > STALE_LOCK_MS) rmdirSync(lock)
    else await delay(50)
  }
}

function isStale(): boolean {
  const builtAt = changedAt(BUILT, 0)
  return SOURCES.flatMap(filesOf).some((file) => changedAt(file, 0) > builtAt)
}

function filesOf(source: string): string[] {
  if (!statSync(source).isDirectory()) return [source]
  return readdirSync(source, { recursive: true }).map((path) => join(source, String(path)))
}

function changedAt(path: string, otherwise: number): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? otherwise
}
