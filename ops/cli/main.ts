#!/usr/bin/env node
// `npx steady-session`: this process's streams and signals, and nothing else.
// Under a name of its own: bundles into ES modules begin with a line that takes the other, as esbuild's documentation has it.
import { createRequire as requireFrom } from 'node:module'
import { HERE } from '../../stores/here.js'
import { printable } from '../audit/printable.js'
import { run } from './run.js'
import type { Terminal } from './terminal.js'

const INTERRUPTED = 130
/** What a store leaves open must not hold a command that is done. */
const LINGER_MS = 1000

const { version } = requireFrom(HERE)('steady-session/package.json') as { version: string }
const interruption = new AbortController()

process.on('SIGINT', () => {
  if (interruption.signal.aborted) process.exit(INTERRUPTED)
  process.stderr.write('\n')
  interruption.abort()
})

// One line instead of Node's two. That the store is away is the command's own answer.
process.removeAllListeners('warning')
process.on('warning', (warning: Error & { code?: string }) => {
  if (warning.code !== 'STEADY_SESSION_CONNECT') process.stderr.write(`steady-session: warning: ${printable(warning.message, 500)}\n`)
})

// `| head` has seen enough.
process.stdout.on('error', (error: Error & { code?: string }) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const terminal: Terminal = {
  out: process.stdout,
  err: process.stderr,
  input: process.stdin,
  env: process.env,
  interrupted: interruption.signal,
  version,
}

void run(process.argv.slice(2), terminal).then((code) => {
  process.exitCode = code
  setTimeout(() => process.exit(), LINGER_MS).unref()
})
