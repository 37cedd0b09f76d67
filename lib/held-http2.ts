// The hold of a response of node:http2's compatibility API. Its stream cannot be told to forget an `end`, so output waits as
// the calls that made it, and they are made again in their order when it may leave.
import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { type EntryHead, Http2Headers } from './held-headers.js'
import type { Method } from './held-output.js'
import { answerPlainly, bareMethods, callBack } from './held-refusal.js'
import type { HoldHooks } from './hold-hooks.js'
import { isPromise } from './maybe.js'
import type { MaybePromise } from './store.js'

/** The part of ServerHttp2Stream that is used here; importing node:http2 would load it for everybody. */
interface Http2Stream {
  readonly destroyed: boolean
  readonly closed: boolean
  respond(headers: object, options: object): void
  close(code: number): void
}

type Http2Response = ServerResponse & { readonly stream: Http2Stream }
type OutputMethod = 'write' | 'end' | 'flushHeaders'

const OUTER = Symbol.for('steady-session.http2-hold')
/** Of the error codes of RFC 9113, section 7. */
const INTERNAL_ERROR = 2

export function isHttp2Response(res: ServerResponse): res is Http2Response {
  return 'stream' in res && typeof (res.stream as Partial<Http2Stream> | undefined)?.respond === 'function'
}

export function holdHttp2(res: Http2Response, entry: EntryHead, hooks: HoldHooks): void {
  new Http2Hold(res, entry, hooks).install()
}

class Http2Hold {
  readonly #res: Http2Response
  readonly #hooks: HoldHooks
  readonly #entry: EntryHead
  readonly #inner: Record<OutputMethod, Method>
  readonly #innerRespond: Http2Stream['respond']
  /** The methods of a hold that was mounted before. */
  readonly #outer: Record<OutputMethod, Method> | undefined
  #phase: 'open' | 'waiting' | 'released' | 'refused' = 'open'
  #ended = false
  #decorated = false
  /** What `writeHead` asked for, judged and folded by Node. */
  #head: { headers: object; options: object } | undefined
  #calls: { method: OutputMethod; args: unknown[] }[] = []

  constructor(res: Http2Response & { [OUTER]?: Record<OutputMethod, Method> }, entry: EntryHead, hooks: HoldHooks) {
    this.#res = res
    this.#hooks = hooks
    this.#entry = entry
    this.#inner = methodsOf(res)
    this.#innerRespond = res.stream.respond
    this.#outer = res[OUTER]
    if (res.headersSent) this.#phase = 'released'
  }

  install(): void {
    const res: Http2Response & { [OUTER]?: Record<OutputMethod, Method> } = this.#res
    res.stream.respond = (headers, options) => this.#respond(headers, options)
    for (const method of ['write', 'end', 'flushHeaders'] as const) {
      res[method] = ((...args: unknown[]) => this.#call(method, args)) as never
    }
    res[OUTER] = methodsOf(res)
    if (this.#phase === 'released') this.#hooks.onReleased?.()
  }

  /** `writeHead` comes down to this. */
  #respond(headers: object, options: object): void {
    const { stream } = this.#res
    if (this.#phase === 'open' || this.#phase === 'waiting') {
      // For the error that Node would have thrown below.
      this.#res.statusCode = Number(Reflect.get(headers, ':status'))
      this.#head = { headers, options }
      Object.defineProperty(stream, 'headersSent', { value: true, configurable: true })
      return
    }
    if (this.#phase === 'released' && !this.#decorated) {
      this.#decorated = true
      this.#hooks.decorate(new Http2Headers(headers))
    }
    this.#innerRespond.call(stream, headers, options)
  }

  #call(method: OutputMethod, args: unknown[]): unknown {
    if (this.#phase === 'refused') return this.#swallow(method, args)
    if (method !== 'flushHeaders') assertChunk(method, args)
    if (this.#phase === 'waiting') return this.#wait(method, args)
    if (this.#phase === 'open') return this.#commit(method, args)
    return method === 'end' && !this.#ended ? this.#commitEnd(args) : this.#pass(method, args)
  }

  #pass(method: OutputMethod, args: unknown[]): unknown {
    return Reflect.apply(this.#inner[method], this.#res, args)
  }

  #wait(method: OutputMethod, args: unknown[]): unknown {
    this.#phase = 'waiting'
    this.#calls.push({ method, args })
    if (method === 'write') return false
    if (method === 'flushHeaders') return undefined
    this.#ended = true
    for (const name of ['writableEnded', 'finished']) Object.defineProperty(this.#res, name, { value: true, configurable: true })
    return this.#res
  }

  #commit(method: OutputMethod, args: unknown[]): unknown {
    this.#phase = 'waiting'
    let answer: MaybePromise<void>
    try {
      answer = this.#hooks.beforeFirstByte()
    } catch (error) {
      process.nextTick(() => this.#fail(error))
      return this.#hold(method, args)
    }
    if (isPromise(answer)) {
      void this.#commitWhenReady(answer)
      return this.#hold(method, args)
    }
    this.#ended = method === 'end'
    this.#release()
    return this.#pass(method, args)
  }

  #hold(method: OutputMethod, args: unknown[]): unknown {
    // Now, so that it says what the handler means it to say.
    if (!this.#head) this.#res.writeHead(this.#res.statusCode)
    return this.#wait(method, args)
  }

  async #commitWhenReady(answer: Promise<void>): Promise<void> {
    try {
      await answer
      if (this.#ended && this.#calls[0]?.method !== 'end') await this.#hooks.beforeEnd()
      this.#release()
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#replay()
  }

  /** From here on the stream is Node's. An aborted one takes no head any more. */
  #release(): void {
    const { stream } = this.#res
    this.#reveal()
    this.#phase = 'released'
    if (this.#head && !stream.destroyed && !stream.closed) this.#respond(this.#head.headers, this.#head.options)
    this.#hooks.onReleased?.()
  }

  #reveal(): void {
    Reflect.deleteProperty(this.#res.stream, 'headersSent')
    Reflect.deleteProperty(this.#res, 'writableEnded')
    Reflect.deleteProperty(this.#res, 'finished')
  }

  #replay(): void {
    const calls = this.#calls
    this.#calls = []
    const answers = calls.map(({ method, args }) => this.#pass(method, args))
    // If the stream is full, it will say so itself.
    if (calls.some(({ method }) => method === 'write') && !this.#ended && !answers.includes(false)) this.#res.emit('drain')
  }

  #commitEnd(args: unknown[]): unknown {
    try {
      const answer = this.#hooks.beforeEnd()
      if (isPromise(answer)) {
        answer.then(
          () => this.#letEndGo(),
          (error: unknown) => this.#cutEnd(error),
        )
        return this.#wait('end', args)
      }
    } catch (error) {
      this.#cutEnd(error)
      return this.#res
    }
    this.#ended = true
    return this.#pass('end', args)
  }

  #letEndGo(): void {
    this.#reveal()
    this.#phase = 'released'
    this.#replay()
  }

  /** A truncated answer must look truncated: the stream is reset. */
  #cutEnd(error: unknown): void {
    this.#reveal()
    this.#phase = 'refused'
    this.#drop()
    this.#res.stream.close(INTERNAL_ERROR)
    this.#hooks.onCut(error)
  }

  #fail(error: unknown): void {
    const res = this.#res
    this.#reveal()
    this.#phase = 'refused'
    this.#drop()
    this.#entry.restore(res)
    bareMethods(res)
    res.stream.respond = this.#innerRespond
    if (this.#outer) Object.assign(res, this.#outer)
    if (this.#ended) {
      res.setHeader('Cache-Control', 'no-store')
      this.#hooks.onRefused(error)
    } else {
      this.#hooks.onPlain?.()
      answerPlainly(res, error)
      this.#hooks.onCut(error)
    }
  }

  #drop(): void {
    for (const { method, args } of this.#calls) this.#swallow(method, args)
    this.#calls = []
  }

  #swallow(method: OutputMethod, args: unknown[]): unknown {
    callBack(args, new Error('the response was refused: its session could not be saved'))
    return method === 'write' ? false : this.#res
  }
}

function methodsOf(res: Http2Response): Record<OutputMethod, Method> {
  return { write: res.write as Method, end: res.end as Method, flushHeaders: res.flushHeaders as Method }
}

/** Throws what the stream would throw, before anything is committed. */
function assertChunk(method: OutputMethod, [chunk, encoding]: unknown[]): void {
  if (method === 'end' && (chunk === null || chunk === undefined || typeof chunk === 'function')) return
  const encoded = encoding === undefined || encoding === null || typeof encoding === 'function' || Buffer.isEncoding(encoding as string)
  if (encoded && (typeof chunk === 'string' || chunk instanceof Uint8Array)) return
  const judge = new Writable({ write: (_chunk, _encoding, done) => done() })
  judge.write(chunk, encoding as BufferEncoding)
}
