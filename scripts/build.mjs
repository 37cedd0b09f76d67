// Builds dist/: plain tsc, once for ES modules and once for CommonJS, with types beside each.
// The new build takes the old one's place by renaming, so that whoever reads dist/ meanwhile sees a whole one.
import { spawnSync } from 'node:child_process'
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const dist = join(root, 'dist')
const fresh = join(root, `dist.new-${process.pid}`)
const old = join(root, `dist.old-${process.pid}`)

try {
  if (compile('tsconfig.esm.json', 'esm') && compile('tsconfig.cjs.json', 'cjs') && compileClient()) {
    // The package is "type": "module"; this says that the files below are not.
    writeFileSync(join(fresh, 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
    // What `import.meta.url` is to the ES module.
    writeFileSync(join(fresh, 'cjs', 'stores', 'here.js'), '"use strict";\nexports.HERE = __filename;\n')
    // npm sees to it when it installs; this is for who runs it from here.
    chmodSync(join(fresh, 'esm', 'ops', 'cli', 'main.js'), 0o755)
    embedClientScript()
    replaceDist()
  } else {
    process.exitCode = 1
  }
} finally {
  rmSync(fresh, { recursive: true, force: true })
}

function compile(project, folder, ...options) {
  const compiled = spawnSync(process.execPath, [tsc, '-p', project, '--outDir', join(fresh, folder), ...options], {
    cwd: root,
    stdio: 'inherit',
  })
  return compiled.status === 0
}

/** What runs in browsers is compiled apart: it knows the DOM and nothing of Node. */
function compileClient() {
  const commonjs = ['--module', 'commonjs', '--moduleResolution', 'bundler', '--verbatimModuleSyntax', 'false']
  return compile('client/tsconfig.json', 'esm') && compile('client/tsconfig.json', 'cjs', ...commonjs)
}

/** The script that `sessionStatus` serves: the client in one file, as text inside of both builds. */
function embedClientScript() {
  const entry = join(fresh, 'esm', 'client', 'index.js')
  const { outputFiles } = buildSync({ entryPoints: [entry], bundle: true, minify: true, format: 'esm', target: 'es2022', write: false })
  const body = `return ${JSON.stringify(outputFiles[0].text)}`
  writeFileSync(join(fresh, 'esm', 'lib', 'client-script.js'), `export function clientScript() {\n  ${body}\n}\n`)
  writeFileSync(join(fresh, 'cjs', 'lib', 'client-script.js'), `"use strict";\nexports.clientScript = () => {\n  ${body}\n}\n`)
}

/** Another build may do the same at this moment: then whoever renames last wins. */
function replaceDist(attempt = 1) {
  try {
    renameSync(dist, old)
    rmSync(old, { recursive: true, force: true })
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  try {
    renameSync(fresh, dist)
  } catch (error) {
    if (attempt === 10 || (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST')) throw error
    replaceDist(attempt + 1)
  }
}
