// A real Chromium for the tests: Debian's /usr/bin/chromium, any `chromium` of the PATH, or the one that CHROMIUM_PATH names.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

export async function startChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] || chromiumInPath()
  if (!existsSync(executablePath)) {
    throw new Error(`no Chromium at ${executablePath}: run "node scripts/install-servers.mjs", or name any Chrome in CHROMIUM_PATH`)
  }
  // Root, as in a container, has no sandbox; and the pages are ours.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}

function chromiumInPath(): string {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'chromium'))
  return candidates.find((path) => existsSync(path)) ?? '/usr/bin/chromium'
}
