import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'

const made: string[] = []

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder of programs that do nothing but what their text says. */
function programs(texts: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'steady-session-programs-'))
  made.push(folder)
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

function install(path: string): { status: number | null; output: string } {
  const env = { ...process.env, PATH: path, CHROMIUM_PATH: '' }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/install-servers.mjs'], { env, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

describe('the installation of the servers', () => {
  test('does nothing where all are there', () => {
    const path = programs({ 'redis-server': '', memcached: '', mariadbd: '', chromium: '', 'apt-get': 'exit 1' })
    expect(install(path)).toEqual({ status: 0, output: 'all is there\n' })
  })

  test('says what a person has to do where it cannot install', () => {
    const { status, output } = install(programs({ mariadbd: '' }))
    expect(status).toBe(1)
    expect(output).toContain('not installed: redis-server, memcached, chromium.')
    expect(output).toContain('sudo apt-get install -y --no-install-recommends redis-server memcached chromium')
    expect(output).toContain('MYSQL_URL=mysql://')
  })

  const asRoot = process.getuid?.() === 0 ? test : test.skip
  asRoot('installs what is missing, and no more', () => {
    const path = programs({ mariadbd: '', memcached: '', chromium: '' })
    // The last of its words is the package; this one is called as its program.
    const aptGet = `echo "$*" >> ${path}/log; for name; do :; done; [ "$name" = update ] || { : > ${path}/$name; /bin/chmod +x ${path}/$name; }`
    writeFileSync(join(path, 'apt-get'), `#!/bin/sh\n${aptGet}\n`, { mode: 0o755 })
    expect(install(path)).toEqual({ status: 0, output: 'installed: redis-server\n' })
    expect(readFileSync(join(path, 'log'), 'utf8')).toBe('-q update\n-q install -y --no-install-recommends redis-server\n')
  })

  asRoot('says what the system said if it fails', () => {
    const { status, output } = install(programs({ 'apt-get': 'echo "E: no network"; exit 100' }))
    expect([status, output]).toEqual([1, expect.stringMatching(/^apt-get update failed:\nE: no network/)])
  })
})
