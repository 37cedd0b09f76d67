// Builds dist/: plain tsc, once for ES modules and once for CommonJS, with types beside each.
// The new build takes the old one's place by renaming, so that whoever reads dist/ meanwhile sees a whole one.
import { spawnSync } from 'node:child_process'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const dist = join(root, 'dist')
const fresh = join(root, `dist.new-${process.pid}`)
const old = join(root, `dist.old-${process.pid}`)

try {
  if (compile('tsconfig.esm.json', 'esm') && compile('tsconfig.cjs.json', 'cjs')) {
    // The package is "type": "module"; this says that the files below are not.
    writeFileSync(join(fresh, 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
    // What `import.meta.url` is to the ES module.
    writeFileSync(join(fresh, 'cjs', 'stores', 'here.js'), '"use strict";\nexports.HERE = __filename;\n')
    replaceDist()
  } else {
    process.exitCode = 1
  }
} finally {
  rmSync(fresh, { recursive: true, force: true })
}

function compile(project, folder) {
  return spawnSync(process.execPath, [tsc, '-p', project, '--outDir', join(fresh, folder)], { cwd: root, stdio: 'inherit' }).status === 0
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
