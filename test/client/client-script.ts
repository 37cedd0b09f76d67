// Stands in for lib/client-script.ts in the tests: the browser's script as the build makes it, from the sources as they are.
import { resolve } from 'node:path'
import { buildSync } from 'esbuild'

let text: string | undefined

export function clientScript(): string {
  text ??= bundle()
  return text
}

function bundle(): string {
  const entryPoints = [resolve('client/index.ts')]
  const [file] = buildSync({ entryPoints, bundle: true, minify: true, format: 'esm', target: 'es2022', write: false }).outputFiles
  return file?.text ?? ''
}
