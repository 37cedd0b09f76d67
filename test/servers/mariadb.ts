// A MariaDB of its own for a test file, with an empty database.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ENV, type ServerProcess, startServer } from './server-process.js'

export interface MariadbServer extends ServerProcess {
  /** As `DATABASE_URL` of the example application takes it. */
  readonly url: string
}

const DATABASE = 'chat'

export async function startMariadb({ port }: { readonly port?: number } = {}): Promise<MariadbServer> {
  const server = await startServer({
    program: 'mariadbd',
    args: (free, folder) => {
      if (readdirSync(folder).length === 0) makeDatabase(folder)
      return [...storage(folder), `--port=${free}`, '--bind-address=127.0.0.1', '--skip-networking=0', `--socket=${join(folder, 'socket')}`]
    },
    // It speaks first: the length of what it says, then the version of its protocol.
    ready: { ask: '', answer: /^.{3}\0\n/s },
    port,
  })
  return Object.assign(server, { url: `mysql://root@${server.host}:${server.port}/${DATABASE}` })
}

/** The server that the tests run against: the one of `MYSQL_URL` if that is set (compose.yaml), else one of its own. */
export async function anyMysql(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const url = process.env['MYSQL_URL']
  return url === undefined || url === '' ? startMariadb() : { url, stop: async () => {} }
}

/** In a run that ends in order: what is killed while it makes its files does not come up again. If the program is missing, the start says so. */
function makeDatabase(folder: string): void {
  spawnSync('mariadbd', [...storage(folder), '--bootstrap'], { env: ENV, input: `CREATE DATABASE ${DATABASE};\n` })
}

/** Without grant tables it needs no system tables either, so that nothing has to be installed into the folder. */
function storage(folder: string): string[] {
  return [
    '--no-defaults',
    `--datadir=${folder}`,
    `--pid-file=${join(folder, 'pid')}`,
    '--skip-grant-tables',
    '--innodb-log-file-size=8M',
    '--innodb-buffer-pool-size=32M',
    // To the system, not to the disk: a killed server loses nothing.
    '--innodb-flush-log-at-trx-commit=2',
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ]
}
