// Jest runs this once, before any worker: so that two workers do not install at once. A machine that cannot install
// still runs the tests that need no server; the others fail and say what to do.
import { installServers } from '../../scripts/install-servers.mjs'

export default async function setUp() {
  try {
    const installed = await installServers()
    if (installed.length > 0) console.info(`\ninstalled for the tests: ${installed.join(', ')}`)
  } catch (error) {
    console.warn(`\n${error.message}`)
  }
}
