import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, test } from '@jest/globals'
import { place, run } from './installed.js'

const TSC = resolve('node_modules/.bin/tsc')
const LIBRARIES_CHECKED_TOO = { skipLibCheck: false }
const OPTIONS = { target: 'es2023', module: 'nodenext', types: ['node'], strict: true, exactOptionalPropertyTypes: true, noEmit: true }

/** `project`: the folder of a module project that has the tarball, and the types of Express and Node. */
export function describeTypes(project: () => string): void {
  describe('the types of the packed tarball', () => {
    test.each([
      ['an ES module, before SessionData is declared', 'undeclared.ts', 'undeclared.mts'],
      ['an ES module, after SessionData is declared', 'declared.ts', 'declared.mts'],
      ['CommonJS, before SessionData is declared', 'undeclared.ts', 'undeclared.cts'],
      ['CommonJS, after SessionData is declared', 'declared.ts', 'declared.cts'],
    ])('compile in %s', (_, fixture, name) => {
      const folder = project()
      place(fixture, folder, name)
      const config = join(folder, `tsconfig.${name}.json`)
      writeFileSync(config, JSON.stringify({ compilerOptions: { ...OPTIONS, ...LIBRARIES_CHECKED_TOO }, files: [name] }))
      run(folder, TSC, '-p', config)
    })

    test.each([
      ['for a bundler', 'client.ts', { module: 'esnext', moduleResolution: 'bundler' }],
      ['as an ES module', 'client.mts', {}],
      ['as CommonJS', 'client.cts', {}],
    ])("compile in a page's script %s, without the types of Node", (_, name, options) => {
      const folder = project()
      place('client.ts', folder, name)
      const config = join(folder, `tsconfig.${name}.json`)
      writeFileSync(
        config,
        JSON.stringify({ compilerOptions: { ...OPTIONS, ...LIBRARIES_CHECKED_TOO, types: [], ...options }, files: [name] }),
      )
      run(folder, TSC, '-p', config)
    })
  })
}
