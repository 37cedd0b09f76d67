import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, jest, test } from '@jest/globals'

jest.setTimeout(60_000)

/**
 * What the compiler says of the folder; nothing if it is content. The sources are read along with it, and were written for the state before
 * anything is declared; an application reads their declarations, which test/package compiles.
 */
function compile(folder: string): Promise<string> {
  const project = resolve('test/types/fixtures', folder)
  return new Promise((done) => {
    execFile(resolve('node_modules/.bin/tsc'), ['--noEmit', '-p', project], { encoding: 'utf8' }, (error, stdout, stderr) => {
      done(error === null ? '' : `${stdout}${stderr}`.replace(/^lib\/.*\n/gm, ''))
    })
  })
}

// Misuse stands in the folders behind @ts-expect-error: the compiler complains if it does not complain.
test('the types compile before SessionData is declared: any key takes anything', async () => {
  expect(await compile('undeclared')).toBe('')
})

test('the types compile after SessionData is declared: every access is typed', async () => {
  expect(await compile('declared')).toBe('')
})
