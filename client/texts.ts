// What the dialog says, and how it says a span of time.

export interface DialogTexts {
  readonly title: string
  /** `{time}` becomes "2 minutes", in the language of the page. */
  readonly message: string
  readonly stay: string
  /** The absolute lifetime is over soon, and staying would not help. */
  readonly lastTitle: string
  readonly lastMessage: string
  readonly dismiss: string
  /** The server could not be reached. */
  readonly failed: string
  readonly endedTitle: string
  readonly endedMessage: string
  /** Loads the page again, which is where the application asks to sign in. */
  readonly reload: string
}

export const ENGLISH: DialogTexts = {
  title: 'Are you still there?',
  message: 'You will be signed out in less than {time}, unless you stay.',
  stay: 'Stay signed in',
  lastTitle: 'You will be signed out soon',
  lastMessage: 'Your session ends in less than {time} and cannot be extended. Save your work now.',
  dismiss: 'OK',
  failed: 'The server could not be reached. Please try again.',
  endedTitle: 'You have been signed out',
  endedMessage: 'Your session has ended. Sign in again to go on.',
  reload: 'Sign in again',
}

/** "2 minutes", "30 seconds": in steps, since a screen reader speaks it anew whenever it changes. */
export function spoken(seconds: number): string {
  if (seconds > 30) return unit(Math.ceil(seconds / 60), 'minute')
  return unit(seconds > 10 ? 30 : 10, 'second')
}

/** `1:59`, for the eye. */
export function ticking(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function unit(value: number, name: 'minute' | 'second'): string {
  const options = { style: 'unit', unit: name, unitDisplay: 'long' } as const
  try {
    return new Intl.NumberFormat(document.documentElement.lang || undefined, options).format(value)
  } catch {
    // The page's `lang` is no language.
    return new Intl.NumberFormat(undefined, options).format(value)
  }
}
