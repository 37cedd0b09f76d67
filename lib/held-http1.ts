// The hold of a HTTP/1 response.
//
// It listens at the bottom, where Node hands what it rendered to the socket: there it does not matter which middlewares have
// wrapped `write`, `end` or `writeHead`, nor whether before or after. Only the `end` of a stream must be known beforehand.
import type { Socket } from 'node:net'
import { at } from './at.js'
import { type Carried, carriedByResponse, carryFor } from './carried.js'
import { type EntryHead, RenderedHeaders } from './held-headers.js'
import {
  asEnded,
  dropOutput,
  type Ender,
  endUnheld,
  forgetHead,
  gateOf,
  hideEnd,
  type Method,
  type Outlet,
  type OutputGate,
  openGate,
  type RawResponse,
  replaceHead,
  sendUnheld,
  shutGate,
  watchOutput,
} from './held-output.js'
import { answerPlainly, bareMethods } from './held-refusal.js'
import type { Hold, HoldHooks } from './hold-hooks.js'
import { isPending } from './maybe.js'

export function holdHttp1(res: RawResponse, entry: EntryHead, hooks: HoldHooks): Hold {
  const hold = new Http1Hold(res, entry, hooks)
  hold.install()
  return hold
}

/**
 * open → committing → released → over: the usual way. A clean session goes it within one call.
 * committing → failed → refused: `failed` lasts until the handler's `end` has come down through all layers.
 */
type Phase = 'open' | 'committing' | 'released' | 'over' | 'failed' | 'refused'

class Http1Hold implements Hold, Outlet, Ender {
  readonly #res: RawResponse
  readonly #hooks: HoldHooks
  #entry: EntryHead | undefined
  readonly #carried: Carried
  readonly #shouldKeepAlive: boolean
  /** Of a hold that was mounted before. */
  readonly #outer: Outlet | undefined
  #watchesEnd = false
  /** What `end` was when this hold put its own on the response; it does so only above a layer that was mounted before. */
  #innerEnd: Method | undefined
  #ownEnd: Method | undefined
  /** `end` of a hold that was mounted before. */
  #outerEnd: Method | undefined
  #phase: Phase
  #ended = false
  /** `end` came in a later call than the first output, while that was still waiting. */
  #endedLate = false
  #error: unknown

  constructor(res: RawResponse, entry: EntryHead, hooks: HoldHooks) {
    this.#res = res
    this.#hooks = hooks
    this.#entry = entry
    this.#carried = carriedByResponse(res) ?? carryFor(at(res, 'req'))
    this.#outer = this.#carried.outlet
    this.#shouldKeepAlive = at(res, 'shouldKeepAlive')
    this.#phase = at(res, '_headerSent') ? 'released' : 'open'
  }

  install(): void {
    watchOutput()
    this.#carried.outlet = this
    if (this.#phase !== 'released') return
    this.#hooks.onReleased?.()
    this.watchEnd()
  }

  watchEnd(): void {
    const res = this.#res
    if (this.#watchesEnd || this.#phase === 'failed' || this.#phase === 'refused') return
    const carried = this.#carried
    this.#watchesEnd = true
    this.#outerEnd = this.#gate.end
    if (carried.ender === undefined && !Object.hasOwn(res, 'end')) {
      carried.ender = this
      return
    }
    this.#innerEnd = res.end as Method
    this.#ownEnd = (...args) => this.end(args)
    res.end = this.#ownEnd as typeof res.end
    this.#gate.end = this.#ownEnd
  }

  /** The end has gone; see `#letGo`. */
  #unwatchEnd(): void {
    const [res, gate, carried] = [this.#res, this.#gate, this.#carried]
    if (carried.ender === this) carried.ender = undefined
    if (this.#ownEnd === undefined) return
    if (res.end === this.#ownEnd) res.end = this.#innerEnd as typeof res.end
    if (gate.end === this.#ownEnd) gate.end = this.#outerEnd
  }

  get #gate(): OutputGate {
    return gateOf(this.#carried)
  }

  #hasEnded(): boolean {
    return this.#ended || this.#res.finished || this.#gate.endHidden
  }

  send(args: readonly unknown[]): boolean {
    if (this.#phase === 'open') this.#commit()
    else if (this.#isReleased() && !at(this.#res, '_headerSent')) this.#decorate()
    const accepted = this.#outer === undefined ? sendUnheld(this.#res, args) : this.#outer.send(args)
    if (this.#phase === 'failed') process.nextTick(() => this.#refuseOnceEnded())
    return accepted
  }

  #isReleased(): boolean {
    return this.#phase === 'released' || this.#phase === 'over'
  }

  #commit(): void {
    this.#phase = 'committing'
    try {
      const answer = this.#hooks.beforeFirstByte()
      if (isPending(answer)) {
        this.#wait()
        void this.#commitWhenReady(answer)
        return
      }
      this.#decorate()
    } catch (error) {
      this.#wait()
      // Not within a call of the handler, which may be about to `end`.
      process.nextTick(() => this.#fail(error))
      return
    }
    this.#release()
  }

  #wait(): void {
    const gate = this.#gate
    shutGate(this.#res, gate)
    this.watchEnd()
    // This may be within an `end` that was not watched.
    process.nextTick(() => gate.shut > 0 && hideEnd(this.#res, gate))
  }

  async #commitWhenReady(answer: Promise<void>): Promise<void> {
    try {
      await answer
      if (this.#endedLate) await this.#hooks.beforeEnd()
      this.#decorate()
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#release()
    openGate(this.#res, this.#gate)
  }

  /** Also when another hold had the response start anew: then there may be no head yet, and `send` comes back to it. */
  #decorate(): void {
    const head = at(this.#res, '_header')
    if (head === null) return
    const headers = new RenderedHeaders(this.#res, head)
    this.#hooks.decorate(headers)
    replaceHead(this.#res, head, headers.toString())
  }

  #release(): void {
    this.#phase = 'released'
    this.#hooks.onReleased?.()
    if (this.#ended) this.#phase = 'over'
    if (at(this.#res, '_header') !== null) this.#letGo()
  }

  /** A response outlives its request by far in the garbage collector's eyes, so it must not keep the hold, and the hold not what is done with. */
  #letGo(): void {
    if (this.#carried.outlet === this) this.#carried.outlet = this.#outer
    this.#entry = undefined
  }

  end(args: readonly unknown[]): unknown {
    const [res, gate] = [this.#res, this.#gate]
    if (this.#phase === 'refused') return res
    if (gate.endHidden) return asEnded(res, gate, () => this.#callEnd(args))
    if (this.#ended || res.finished) return this.#callEnd(args)
    const streamed = this.#phase === 'released'
    if (streamed) shutGate(res, gate)
    this.#ended = true
    this.#endedLate = this.#phase === 'committing'
    try {
      return this.#callEnd(args)
    } catch (error) {
      this.#ended = false
      this.#endedLate = false
      throw error
    } finally {
      if (gate.shut > 0) hideEnd(res, gate)
      if (streamed) this.#commitEnd()
      else if (this.#phase === 'over') this.#unwatchEnd()
    }
  }

  /** Once the response was refused by any hold, the layers below have seen an `end` that never happened. */
  #callEnd(args: readonly unknown[]): unknown {
    if (this.#gate.refused || this.#innerEnd === undefined) return endUnheld(this.#res, args)
    return Reflect.apply(this.#innerEnd, this.#res, args)
  }

  #commitEnd(): void {
    if (!this.#ended) {
      openGate(this.#res, this.#gate)
      return
    }
    try {
      const answer = this.#hooks.beforeEnd()
      if (isPending(answer))
        answer.then(
          () => this.#letEndGo(),
          (error: unknown) => this.#cutEnd(error),
        )
      else this.#letEndGo()
    } catch (error) {
      this.#cutEnd(error)
    }
  }

  #letEndGo(): void {
    this.#phase = 'over'
    openGate(this.#res, this.#gate)
  }

  /** A truncated answer must look truncated. */
  #cutEnd(error: unknown): void {
    const res = this.#res
    this.#phase = 'over'
    const { _header, _headerSent } = res
    dropOutput(res, this.#gate)
    Object.assign(res, { _header, _headerSent, finished: true })
    openGate(res, this.#gate)
    // A pipelined response has no socket before its turn.
    if (res.socket === null) res.once('socket', (socket: Socket) => socket.destroy())
    res.destroy()
    this.#hooks.onCut(error)
  }

  #fail(error: unknown): void {
    this.#phase = 'failed'
    this.#error = error
    if (!this.#hasEnded()) this.#cut()
    else if (!this.#refuseOnceEnded()) this.#res.once('close', () => this.#refuseOnceEnded())
  }

  /** A layer that ends later than it was told to, as compression does, is awaited: it would write into the error page. */
  #refuseOnceEnded(): boolean {
    const { finished, destroyed } = this.#res
    if (this.#phase !== 'failed' || !(finished || destroyed || this.#gate.endHidden)) return false
    this.#phase = 'refused'
    this.#startAnew()
    this.#res.setHeader('Cache-Control', 'no-store')
    this.#hooks.onRefused(this.#error)
    return true
  }

  #cut(): void {
    this.#phase = 'refused'
    this.#startAnew()
    this.#hooks.onPlain?.()
    answerPlainly(this.#res, this.#error)
    this.#hooks.onCut(this.#error)
  }

  #startAnew(): void {
    const res = this.#res
    dropOutput(res, this.#gate)
    this.#entry?.restore(res)
    forgetHead(res, this.#shouldKeepAlive)
    this.#gate.refused = true
    bareMethods(res)
    if (this.#carried.ender === this) this.#carried.ender = undefined
    if (this.#outerEnd) res.end = this.#outerEnd as typeof res.end
    this.#carried.outlet = this.#outer
    openGate(res, this.#gate)
  }
}
