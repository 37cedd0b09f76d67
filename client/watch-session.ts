// Watches the session of a page with as few requests as that takes: one at the start, one when the warning would be due, one at the end. The
// server's answers are spans, counted on by the monotonic clock; no two clocks are compared.
import type { SessionNotice, SessionStatus } from '../lib/status-report.js'
import { Alarm } from './alarm.js'
import { SessionDialog } from './dialog.js'
import { listenToPage } from './page-events.js'
import { askServer } from './server.js'
import { Tabs } from './tabs.js'
import { type DialogTexts, ENGLISH } from './texts.js'

export interface WatchOptions {
  /** Where `sessionStatus` is mounted. Default `'/session'`. */
  readonly url?: string
  /** The session is about to end; `stay()` extends it, if `canStay` says that it can be. */
  readonly onWarning?: (status: SessionStatus) => void
  /** After a warning: it is not about to end any more. */
  readonly onSafe?: (status: SessionStatus) => void
  /** It has ended, or the user has signed out, or another one has signed in. Called once; nothing is watched any more. */
  readonly onEnded?: (status: SessionStatus) => void
  /** There is something to tell the user. */
  readonly onNotice?: (notice: SessionNotice) => void
  /** Shows the warning and the end in a dialog: `true`, or texts of your own. Default `false`. */
  readonly dialog?: boolean | Partial<DialogTexts>
}

export interface SessionWatch {
  /** What is known, its seconds counted down to this moment; `null` until the first answer. */
  readonly status: SessionStatus | null
  /** Extends the session. Rejects if the server could not be reached. */
  stay(): Promise<SessionStatus>
  /** Asks now. Rejects if the server could not be reached. */
  check(): Promise<SessionStatus>
  /** Watches no more; call it before the page itself signs the user out. */
  stop(): void
}

/** A request after this is not a duplicate of the one before. */
const FRESH_MS = 1_000
const FIRST_RETRY_MS = 2_000
const LAST_RETRY_MS = 60_000

/** Tells the page when its session is about to end, and when it has ended; see `WatchOptions`. */
export function watchSession(options: WatchOptions = {}): SessionWatch {
  return new Watch(options)
}

class Watch implements SessionWatch {
  readonly #options: WatchOptions
  readonly #url: string
  readonly #tabs: Tabs
  readonly #alarm: Alarm
  readonly #dialog: SessionDialog | null
  readonly #unlisten: () => void
  #known: { readonly status: SessionStatus; readonly at: number } | null = null
  /** Counts what was learnt, so that an answer is recognized that was overtaken. */
  #news = 0
  #failures = 0
  #over = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#url = absolute(options.url ?? '/session')
    this.#tabs = new Tabs(this.#url, (status) => this.#learn(status))
    this.#alarm = new Alarm(() => this.#poll())
    this.#dialog = dialogFor(options.dialog, this)
    this.#unlisten = listenToPage({
      onReturn: () => this.#isFresh() || this.#poll(),
      onLeave: () => this.#pause(),
      onRestore: () => this.#start(),
    })
    this.#start()
  }

  get status(): SessionStatus | null {
    if (this.#known === null) return null
    const { status, at } = this.#known
    const passed = Math.floor((performance.now() - at) / 1000)
    const left = <T extends number | null>(seconds: T): number | T => (seconds === null ? seconds : Math.max(0, seconds - passed))
    const { secondsLeft, idleSecondsLeft, absoluteSecondsLeft } = status
    return {
      ...status,
      secondsLeft: left(secondsLeft),
      idleSecondsLeft: left(idleSecondsLeft),
      absoluteSecondsLeft: left(absoluteSecondsLeft),
    }
  }

  stay(): Promise<SessionStatus> {
    return this.#ask('stay')
  }

  check(): Promise<SessionStatus> {
    return this.#ask('status')
  }

  stop(): void {
    this.#close()
    this.#dialog?.close()
  }

  #start(): void {
    this.#tabs.open()
    this.#poll()
  }

  #pause(): void {
    this.#alarm.clear()
    this.#tabs.close()
  }

  #close(): void {
    this.#over = true
    this.#pause()
    this.#unlisten()
  }

  /** Asks, unless another tab does so first. A failure says nothing about the session: what was known stays known. */
  #poll(): void {
    const before = this.#news
    const asked = this.#tabs.inTurn(async () => {
      if (!this.#over && this.#news === before) await this.#ask('status')
    })
    asked.catch(() => {
      if (this.#over || this.#news !== before) return
      const pause = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, LAST_RETRY_MS)
      this.#alarm.set(pause * (0.5 + Math.random() / 2))
    })
  }

  async #ask(question: 'status' | 'stay'): Promise<SessionStatus> {
    const before = this.#news
    const status = await askServer(this.#url, question)
    // What was learnt while the question was on its way is newer than this look; an extension is news in any case.
    if (this.#over || (question === 'status' && this.#news !== before)) return status
    this.#tabs.tell(status)
    this.#learn(status)
    return status
  }

  #isFresh(): boolean {
    return this.#known !== null && performance.now() - this.#known.at < FRESH_MS
  }

  #learn(status: SessionStatus): void {
    if (this.#over) return
    const before = this.#known?.status
    this.#known = { status, at: performance.now() }
    this.#news++
    this.#failures = 0
    if (before !== undefined && hasEnded(before, status)) return this.#end(status)
    this.#plan(status)
    this.#tell(before, status)
  }

  /** When to ask next. Nobody is asked about a session that is not there. */
  #plan({ live, warn, secondsLeft, warnBefore }: SessionStatus): void {
    if (!live) return this.#alarm.clear()
    const dueMs = (warn ? secondsLeft : secondsLeft - warnBefore) * 1000
    this.#alarm.set(Math.max(dueMs, FRESH_MS) + spreadMs())
  }

  #tell(before: SessionStatus | undefined, status: SessionStatus): void {
    const { onWarning, onSafe, onNotice } = this.#options
    if (status.warn) this.#dialog?.warn(status)
    else this.#dialog?.close()
    if (status.warn !== (before?.warn ?? false)) call(status.warn ? onWarning : onSafe, status)
    const { notice } = status
    if (notice !== null && !isSame(notice, before?.notice)) call(onNotice, notice)
  }

  #end(status: SessionStatus): void {
    this.#close()
    this.#dialog?.ended()
    call(this.#options.onEnded, status)
  }
}

function absolute(url: string): string {
  const { origin, href } = new URL(url, document.baseURI)
  if (origin !== location.origin) throw new TypeError('url: sessionStatus must be of the same origin as the page')
  return href.replace(/\/+$/, '')
}

function dialogFor(texts: WatchOptions['dialog'], watch: SessionWatch): SessionDialog | null {
  if (texts === undefined || texts === false) return null
  return new SessionDialog({ ...ENGLISH, ...(texts === true ? {} : texts) }, watch)
}

/** For a signed-in user it has also ended if another session, or another user, took its place; a stranger may sign in. */
function hasEnded(before: SessionStatus, now: SessionStatus): boolean {
  return (before.live && !now.live) || (before.signedIn && before.holder !== now.holder)
}

function isSame(a: SessionNotice, b: SessionNotice | null | undefined): boolean {
  return a.message === b?.message && a.endsAt === b.endsAt
}

/** Tabs that heard the same are not due at the same moment, and one that is looked at comes first. */
function spreadMs(): number {
  return document.visibilityState === 'visible' ? Math.random() * 250 : 1000 + Math.random() * 1000
}

/** A page's mistake is reported as its own, and does not stop the watch. */
function call<T>(listener: ((value: T) => void) | undefined, value: T): void {
  try {
    listener?.(value)
  } catch (error) {
    reportError(error)
  }
}
