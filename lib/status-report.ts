// What a page may know about its session's end. Types alone, and nothing of Node: the browser's half reads them, too.

export interface SessionStatus {
  /** Whether the request came with a live session. */
  readonly live: boolean
  readonly signedIn: boolean
  /** Opaque; another one means another session or another user: what a page shows is no longer theirs. `null` without a session. */
  readonly holder: string | null
  /** Seconds until the session ends if nobody comes; rounded up, so 0 means that it is over. The earlier of the next two. */
  readonly secondsLeft: number
  readonly idleSecondsLeft: number
  /** `null` if the absolute lifetime is off. */
  readonly absoluteSecondsLeft: number | null
  /** Whether staying moves the end: not once the absolute lifetime comes first. */
  readonly canStay: boolean
  /** The end is near enough to be warned of. */
  readonly warn: boolean
  /** Seconds before the end from which on `warn` is true. */
  readonly warnBefore: number
  /** What the holder of this session should be told. */
  readonly notice: SessionNotice | null
}

export interface SessionNotice {
  readonly message: string
  /** When what it announces comes, as ISO 8601. */
  readonly endsAt: string | null
}
