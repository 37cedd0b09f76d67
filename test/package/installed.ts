// Packs this package and installs the tarball where nothing else of the repository can be found.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

const SOURCES = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'lib',
  'stores',
  'auth',
  'ops',
  'client',
  'pages',
  'testing',
  'scripts',
]
const PROJECTS = ['tsconfig.json', 'tsconfig.esm.json', 'tsconfig.cjs.json']

/** What the command prints; throws with all that it said if it fails. */
export function run(cwd: string, command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${[command, ...args].join(' ')} failed\n${stdout}${stderr}`)
  }
}

export class Installed {
  readonly #root: string = mkdtempSync(join(tmpdir(), 'steady-session-package-'))
  readonly #children: ChildProcess[] = []
  readonly tarball: string

  /** Packs a copy, since other tests build at the same time; npm runs `prepare`, so it is built from the sources as they are. */
  constructor() {
    const copy = this.folder('sources')
    for (const name of [...SOURCES, ...PROJECTS]) cpSync(name, join(copy, name), { recursive: true })
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
    const packed = this.folder('packed')
    run(copy, 'npm', 'pack', '--silent', '--pack-destination', packed)
    this.tarball = join(packed, readdirSync(packed)[0] as string)
  }

  /** A new project that has the tarball and these packages. */
  project(type: 'module' | 'commonjs', ...packages: string[]): string {
    const folder = this.folder(type)
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type }))
    run(folder, 'npm', 'install', '--silent', '--prefer-offline', '--ignore-scripts', this.tarball, ...packages)
    return folder
  }

  /** A new, empty folder. */
  folder(name: string): string {
    const folder = join(this.#root, name)
    mkdirSync(folder)
    return folder
  }

  /** Starts a script that prints `port …`; resolves to the port. */
  async start(cwd: string, script: string): Promise<number> {
    const child = spawn(process.execPath, [script], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#children.push(child)
    return new Promise((done, fail) => {
      let output = ''
      const read = (chunk: Buffer): void => {
        output += chunk
        const port = /^port (\d+)$/m.exec(output)?.[1]
        if (port !== undefined) done(Number(port))
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.on('exit', () => fail(new Error(`${script} ended:\n${output}`)))
    })
  }

  remove(): void {
    for (const child of this.#children) child.kill()
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** Copies a fixture into a project, under another name if one is given. */
export function place(fixture: string, folder: string, name: string = basename(fixture)): string {
  copyFileSync(resolve('test/package/fixtures', fixture), join(folder, name))
  return name
}
