// docs/security.md says for each row of the standards which test proves it. Here it is held to that: the tests are there, and they run.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parseSync } from '@swc/core'

const DOCUMENT = readFileSync('docs/security.md', 'utf8')

/** Heading → the rows that its standard has. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  'OWASP ASVS 5.0, V7 Session Management':
    '7.1.1 7.1.2 7.1.3 7.2.1 7.2.2 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.5.3 7.6.1 7.6.2'.split(' '),
  'OWASP ASVS 4.0.3, V3 Session Management':
    '3.1.1 3.2.1 3.2.2 3.2.3 3.2.4 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.5.1 3.5.2 3.5.3 3.6.1 3.6.2 3.7.1'.split(' '),
}

interface Row {
  readonly heading: string
  readonly name: string
  readonly proof: string
}

interface Titled {
  readonly groups: readonly string[]
  readonly title: string
}

/** One test in a table or in the text: `file` › `title`, with the titles of describe before it, if need be. */
const REFERENCE = /`((?:test|testing)\/[^`]+\.ts)`((?: › `[^`]+`)*)/g

/** What is wrong with the document; empty if nothing is. */
function problemsOf(document: string): string[] {
  return [...rowsOf(document).flatMap(problemsOfRow), ...[...document.matchAll(REFERENCE)].flatMap(problemsOfReference)]
}

function rowsOf(document: string): Row[] {
  let heading = ''
  const rows: Row[] = []
  for (const line of document.split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3)
    const cells = line.startsWith('| ') ? line.split('|').slice(1, -1) : []
    const [name = '', , , proof = ''] = cells.map((cell) => cell.trim())
    if (cells.length > 0 && /^\d/.test(name)) rows.push({ heading, name, proof: cells.length === 4 ? proof : 'not four cells' })
  }
  return rows
}

function problemsOfRow({ name, proof }: Row): string[] {
  return proof
    .split('<br>')
    .filter((part) => (part === '' || part.replace(REFERENCE, '') !== '') && !/^the application's: \S/.test(part))
    .map((part) => `${name}: neither a test nor why it is the application's: ${part}`)
}

/** The page itself is read by this file, which is named without a title. */
function problemsOfReference([whole, file = '', titles = '']: RegExpMatchArray): string[] {
  if (file === 'test/security/table.test.ts' && titles === '') return []
  if (!existsSync(file)) return [`${whole}: no such file`]
  if (!runFiles.has(file)) return [`${whole}: no file of tests runs it`]
  const path = [...titles.matchAll(/`([^`]+)`/g)].map(([, title = '']) => title)
  const title = path.pop()
  const found = testsOf(file).some((each) => each.title === title && path.every((group) => each.groups.includes(group)))
  return found ? [] : [`${whole}: no such test`]
}

const runFiles = filesThatRun()

/** The files of tests and what they import. */
function filesThatRun(): ReadonlySet<string> {
  const all = readdirSync('test', { recursive: true, encoding: 'utf8' }).map((name) => posix.join('test', name.replaceAll('\\', '/')))
  const seen = new Set<string>()
  const waiting = all.filter((name) => name.endsWith('.test.ts'))
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)\.js'/g)) {
      const imported = `${posix.join(posix.dirname(file), path)}.ts`
      if (/^test(ing)?\//.test(imported) && existsSync(imported)) waiting.push(imported)
    }
  }
  return seen
}

const known = new Map<string, readonly Titled[]>()

function testsOf(file: string): readonly Titled[] {
  const tests = known.get(file) ?? testsIn(readFileSync(file, 'utf8'))
  known.set(file, tests)
  return tests
}

type Tree = Readonly<Record<string, unknown>>

const TESTS: ReadonlySet<unknown> = new Set(['test', 'it', 'rule', 'ruleUnless', 'decidingRule', 'ruleWith'])

/** The tests of a source, by the texts of their titles as they are written there; skipped ones prove nothing. */
function testsIn(source: string): Titled[] {
  const tests: Titled[] = []
  const visit = (node: unknown, groups: readonly string[]): void => {
    if (typeof node !== 'object' || node === null) return
    const tree = node as Tree
    const name = tree['type'] === 'CallExpression' ? calledName(tree['callee'] as Tree) : null
    if (name === 'skipped') return
    const title = name === null ? null : titleOf(tree['arguments'] as readonly Tree[])
    if (TESTS.has(name) && title !== null) tests.push({ groups, title })
    const within = name === 'describe' && title !== null ? [...groups, title] : groups
    for (const child of Object.values(tree)) visit(child, within)
  }
  visit(parseSync(source, { syntax: 'typescript' }), [])
  return tests
}

/** `test` of `test.each(cases)(…)`, `rule` of `setup.proving(1).rule(…)`. */
function calledName({ type, value, object, property, callee, tag }: Tree): string | null {
  if (type === 'Identifier') return String(value)
  if (type === 'CallExpression') return calledName(callee as Tree)
  if (type === 'TaggedTemplateExpression') return calledName(tag as Tree)
  if (type !== 'MemberExpression') return null
  const name = String((property as Tree)['value'])
  if (name === 'skip' || name === 'todo') return 'skipped'
  return ['each', 'only', 'failing', 'concurrent'].includes(name) ? calledName(object as Tree) : name
}

/** The last argument that is a text: what stands before it names a limit of the store. */
function titleOf(given: readonly Tree[]): string | null {
  const texts = given.map(({ expression }) => textOf(expression as Tree)).filter((text) => text !== null)
  return texts.at(-1) ?? null
}

/** With `…` for each expression in it. */
function textOf({ type, value, quasis }: Tree): string | null {
  if (type === 'StringLiteral') return String(value)
  return type === 'TemplateLiteral' ? (quasis as Tree[]).map(({ cooked }) => String(cooked)).join('…') : null
}

describe('docs/security.md', () => {
  test('names only tests that exist and run, and says of every other row why it is the application’s', () => {
    expect(problemsOf(DOCUMENT)).toEqual([])
  })

  test.each(Object.entries(ROWS))('has every row of %s, once and in order', (heading, names) => {
    const rows = rowsOf(DOCUMENT).filter((row) => row.heading === heading)
    expect(rows.map(({ name }) => name.split(' ')[0])).toEqual(names)
  })

  test('has the rows of NIST SP 800-63B-4 and those of ASVS 5.0 outside V7', () => {
    const namesUnder = (heading: string): string =>
      rowsOf(DOCUMENT)
        .flatMap((row) => (row.heading === heading ? row.name : []))
        .join()
    for (const name of ['2.1.3', '2.2.3', '2.3.3', '5.1', '5.1.1', '5.2', '5.3']) expect(namesUnder('NIST SP 800-63B-4')).toContain(name)
    const outside = [
      '3.3.1',
      '3.3.5',
      '9.1.1',
      '9.2.4',
      '11.2.2',
      '11.2.5',
      '11.3.4',
      '11.5.2',
      '13.1.4',
      '13.2.6',
      '16.2.5',
      '16.3.4',
      '16.5.4',
    ]
    for (const name of outside) expect(namesUnder('OWASP ASVS 5.0, rows outside V7')).toContain(name)
  })
})

describe('a copy of it', () => {
  /** What is wrong with it that is not with the page itself. */
  const replaced = (before: string, after: string): string[] => {
    expect(DOCUMENT).toContain(before)
    const known = problemsOf(DOCUMENT)
    return problemsOf(DOCUMENT.replace(before, after)).filter((problem) => !known.includes(problem))
  }
  const FILE = 'test/security/fixation.test.ts'
  const TITLE = 'with any changed bit is anonymous, and costs the store nothing (T-4)'

  test('with a title that is wrong by one sign is refused', () => {
    expect(replaced(TITLE, TITLE.replace('T-4', 'T-5'))).toEqual([expect.stringContaining('no such test')])
  })

  test('with a title of another file, or of another describe, is refused', () => {
    const reference = `\`${FILE}\` › \`the token on %s\` › \`${TITLE}\``
    expect(replaced(reference, reference.replace('fixation', 'ending'))).toEqual([expect.stringContaining('no such test')])
    expect(replaced(reference, reference.replace('the token', 'the cookie'))).toEqual([expect.stringContaining('no such test')])
  })

  test('with a file that is not there, or that nothing runs, is refused', () => {
    for (const [file, problem] of [
      ['test/security/fixations.test.ts', 'no such file'],
      ['test/types/fixtures/declared/auth.ts', 'no file of tests runs it'],
    ]) {
      expect(replaced(`\`${FILE}\``, `\`${file}\``)).toEqual([expect.stringContaining(problem as string)])
    }
  })

  test('with a row that names no test and no reason, or a file without a title, is refused', () => {
    const row = '| 7.9.9 (1) | something | nothing |'
    for (const proof of ['', 'see the tests', "the application's:"]) {
      expect(problemsOf(`${row} ${proof} |`)).toEqual([expect.stringMatching(/^7\.9\.9 \(1\): neither a test nor why/)])
    }
    expect(problemsOf(`${row} the application's: it knows |`)).toEqual([])
    expect(problemsOf(`${row} \`${FILE}\` |`)).toEqual([expect.stringContaining('no such test')])
    expect(problemsOf('| 7.9.9 (1) | something | nothing |')).toEqual([expect.stringContaining('neither')])
  })
})

describe('a title', () => {
  test('is found in every form of a test, under its describes, and not if it is skipped', () => {
    const source = `
      describe.each(KINDS)('a %s', (kind) => {
        test('one', () => {})
        test.each([1])("it's %d", () => {})
        describe('inner', () => setup.proving(3).ruleUnless('revoke', 'three', async () => {}))
        test.skip('four', () => {})
        describe.skip('all', () => { test('five', () => {}) })
      })
      // test('six', () => {})
      const seven = "test('seven', () => {})"
      test(\`eight \${seven}\`, () => {})`
    expect(testsIn(source)).toEqual([
      { groups: ['a %s'], title: 'one' },
      { groups: ['a %s'], title: "it's %d" },
      { groups: ['a %s', 'inner'], title: 'three' },
      { groups: [], title: 'eight …' },
    ])
  })
})
