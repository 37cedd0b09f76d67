// No byte of a response leaves before the session's change is in the store.
import type { ServerResponse } from 'node:http'
import { type EntryHead, StubHeaders } from './held-headers.js'
import { holdHttp1 } from './held-http1.js'
import { holdHttp2, isHttp2Response } from './held-http2.js'
import { isRawResponse, type Method } from './held-output.js'
import type { Hold, HoldHooks } from './hold-hooks.js'
import { isPromise, whenReady } from './maybe.js'
import type { MaybePromise } from './store.js'

const WATCHING: Hold = { watchEnd: () => {} }

/**
 * Holds the output of `res` until the hooks let it go; `entry` is what it goes back to if they refuse. To the handler a held
 * response looks like one that Node has taken.
 */
export function holdResponse(res: ServerResponse, entry: EntryHead, hooks: HoldHooks): Hold {
  if (isRawResponse(res)) return holdHttp1(res, entry, hooks)
  if (isHttp2Response(res)) holdHttp2(res, entry, hooks)
  else holdStub(res, hooks)
  return WATCHING
}

/**
 * Engine.IO runs middlewares on upgrades too, with a response that is a mere bag of headers: it calls `writeHead()` and reads
 * them at once. Whatever is not there by then cannot be told to the client.
 */
function holdStub(res: ServerResponse, hooks: HoldHooks): void {
  // No new cookie: its save would come too late for the head.
  hooks.onReleased?.()
  const writeHead = res.writeHead as Method
  const end = res.end as Method
  let committed: MaybePromise<void> | 'not yet' = 'not yet'
  const commit = (): MaybePromise<void> => {
    if (committed === 'not yet') committed = commitStub(res, hooks)
    return committed
  }
  res.writeHead = ((...args: unknown[]) => {
    void commit()
    return Reflect.apply(writeHead, res, args)
  }) as typeof res.writeHead
  res.end = ((...args: unknown[]) => {
    const ended = whenReady(commit(), () => Reflect.apply(end, res, args))
    return isPromise(ended) ? res : ended
  }) as typeof res.end
}

function commitStub(res: ServerResponse, hooks: HoldHooks): MaybePromise<void> {
  const report = (error: unknown): void => hooks.onCut(error)
  try {
    const answer = hooks.beforeFirstByte()
    if (isPromise(answer)) return answer.then(undefined, report)
    hooks.decorate(new StubHeaders(res))
  } catch (error) {
    report(error)
  }
}
