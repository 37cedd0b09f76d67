// What the command line reads from and writes to, and what may interrupt it.
import { createInterface } from 'node:readline'

/** As much of a stream as is used here. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface Terminal {
  readonly out: Output
  readonly err: Output
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ctrl-C. */
  readonly interrupted: AbortSignal
  readonly version: string
}

/** The command is used wrongly; nothing was done. */
export class UsageError extends Error {}

/** By Ctrl-C. */
export class InterruptedError extends Error {}

const USUAL_WIDTH = 80

export function messageOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error
  return String(message)
}

export function say(terminal: Terminal, text: string): void {
  terminal.out.write(`${text}\n`)
}

/** Beside the result: whoever reads standard output through a pipe does not get it. */
export function note(terminal: Terminal, text: string): void {
  terminal.err.write(`${text}\n`)
}

/** Whole lines into files and pipes; a terminal would break them. */
export function widthOf({ isTTY, columns }: Output): number {
  return isTTY === true ? columns || USUAL_WIDTH : Number.POSITIVE_INFINITY
}

/** https://no-color.org: any text but the empty one. */
export function bold({ out, env }: Terminal, text: string): string {
  const plain = out.isTTY !== true || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return plain ? text : `\x1b[1m${text}\x1b[22m`
}

export function canAsk({ input, err }: Terminal): boolean {
  return input.isTTY === true && err.isTTY === true
}

/** Anything but a yes is a no, and so is the end of the input. The terminal stays in its usual mode, so that nothing is to be restored after Ctrl-C. */
export function ask(terminal: Terminal, question: string): Promise<boolean> {
  const lines = createInterface({ input: terminal.input, terminal: false })
  const answer = new Promise<boolean>((resolve) => {
    lines.once('line', (line) => resolve(/^y(es)?$/i.test(line.trim())))
    lines.once('close', () => resolve(false))
  })
  terminal.err.write(`${question} [y/N] `)
  return untilInterrupted(terminal, answer).finally(() => lines.close())
}

export function untilInterrupted<T>({ interrupted }: Terminal, work: T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new InterruptedError())
    if (interrupted.aborted) stop()
    interrupted.addEventListener('abort', stop, { once: true })
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => interrupted.removeEventListener('abort', stop))
  })
}
