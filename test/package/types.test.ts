import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, jest, test } from '@jest/globals'
import { Installed, place, run } from './installed.js'

jest.setTimeout(120_000)

const TSC = resolve('node_modules/.bin/tsc')
const LIBRARIES_CHECKED_TOO = { skipLibCheck: false }
const OPTIONS = { target: 'es2023', module: 'nodenext', types: ['node'], strict: true, exactOptionalPropertyTypes: true, noEmit: true }

let installed: Installed
let folder: string

beforeAll(() => {
  installed = new Installed()
  folder = installed.project('module', 'express@5', '@types/express@5', '@types/node@20')
})
afterAll(() => installed.remove())

describe('the types of the packed tarball', () => {
  test.each([
    ['an ES module, before SessionData is declared', 'undeclared.ts', 'undeclared.mts'],
    ['an ES module, after SessionData is declared', 'declared.ts', 'declared.mts'],
    ['CommonJS, before SessionData is declared', 'undeclared.ts', 'undeclared.cts'],
    ['CommonJS, after SessionData is declared', 'declared.ts', 'declared.cts'],
  ])('compile in %s', (_, fixture, name) => {
    place(fixture, folder, name)
    const project = join(folder, `tsconfig.${name}.json`)
    writeFileSync(project, JSON.stringify({ compilerOptions: { ...OPTIONS, ...LIBRARIES_CHECKED_TOO }, files: [name] }))
    run(folder, TSC, '-p', project)
  })

  test.each([
    ['for a bundler', 'client.ts', { module: 'esnext', moduleResolution: 'bundler' }],
    ['as an ES module', 'client.mts', {}],
    ['as CommonJS', 'client.cts', {}],
  ])("compile in a page's script %s, without the types of Node", (_, name, options) => {
    place('client.ts', folder, name)
    const project = join(folder, `tsconfig.${name}.json`)
    writeFileSync(
      project,
      JSON.stringify({ compilerOptions: { ...OPTIONS, ...LIBRARIES_CHECKED_TOO, types: [], ...options }, files: [name] }),
    )
    run(folder, TSC, '-p', project)
  })
})
