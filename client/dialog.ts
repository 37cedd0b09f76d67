// The warning as a native dialog: keyboard, focus and the rest of the page are the browser's work. No style of its own, so that a strict Content
// Security Policy has nothing against it; the classes are for the page's style sheet.
import type { SessionStatus } from '../lib/status-report.js'
import { type DialogTexts, spoken, ticking } from './texts.js'

type Mode = 'stay' | 'last' | 'ended'

/** Shorter than a second, so that none is left out. */
const TICK_MS = 250

/** As much of the watch as the dialog needs. */
interface Watched {
  readonly status: SessionStatus | null
  stay(): Promise<SessionStatus>
}

export class SessionDialog {
  readonly #texts: DialogTexts
  readonly #watch: Watched
  #parts: Parts | null = null
  #mode: Mode = 'stay'
  #ticker: ReturnType<typeof setInterval> | undefined
  #dismissed = false

  constructor(texts: DialogTexts, watch: Watched) {
    this.#texts = texts
    this.#watch = watch
  }

  warn({ canStay }: SessionStatus): void {
    const { title, stay, lastTitle, dismiss } = this.#texts
    if (canStay) this.#show('stay', title, stay)
    else if (!this.#dismissed || this.#mode !== 'last') this.#show('last', lastTitle, dismiss)
    clearInterval(this.#ticker)
    this.#ticker = setInterval(() => this.#tick(), TICK_MS)
    this.#tick()
  }

  ended(): void {
    const { endedTitle, endedMessage, reload } = this.#texts
    clearInterval(this.#ticker)
    const { message, timer } = this.#show('ended', endedTitle, reload)
    message.textContent = endedMessage
    timer.hidden = true
  }

  /** The danger is over, or nobody watches any more. */
  close(): void {
    clearInterval(this.#ticker)
    const root = this.#parts?.root
    this.#parts = null
    this.#dismissed = false
    // Closed before it is removed, so that the focus returns to where it was.
    root?.close()
    root?.remove()
  }

  #show(mode: Mode, title: string, button: string): Parts {
    this.#mode = mode
    this.#dismissed = false
    this.#parts ??= this.#build()
    this.#parts.title.textContent = title
    this.#parts.button.textContent = button
    this.#parts.failure.textContent = ''
    if (!this.#parts.root.open) this.#parts.root.showModal()
    return this.#parts
  }

  #build(): Parts {
    const parts = partsOf(document.createElement('dialog'))
    parts.button.addEventListener('click', () => this.#press())
    parts.root.addEventListener('cancel', (event) => {
      event.preventDefault()
      this.#escape()
    })
    // Some browsers close it at the second Escape whatever the page says.
    parts.root.addEventListener('close', () => parts === this.#parts && !this.#dismissed && this.#escape())
    document.body.append(parts.root)
    return parts
  }

  #press(): void {
    if (this.#mode === 'stay') this.#stay()
    else if (this.#mode === 'last') this.#dismiss()
    else location.reload()
  }

  /** Who presses Escape is there, which is what the dialog asks. */
  #escape(): void {
    if (this.#mode === 'stay') this.#stay()
    else this.#dismiss()
  }

  #dismiss(): void {
    this.#dismissed = true
    this.#parts?.root.close()
  }

  /** Whether it went well shows in what the watch tells then; if not, the button is there for another try. */
  #stay(): void {
    say(this.#parts?.failure, '')
    this.#watch.stay().catch(() => {
      if (this.#parts === null || this.#mode !== 'stay') return
      if (!this.#parts.root.open) this.#parts.root.showModal()
      say(this.#parts.failure, this.#texts.failed)
    })
  }

  #tick(): void {
    const seconds = this.#watch.status?.secondsLeft ?? 0
    if (this.#parts === null) return
    const text = this.#mode === 'stay' ? this.#texts.message : this.#texts.lastMessage
    say(this.#parts.message, text.replaceAll('{time}', spoken(seconds)))
    say(this.#parts.timer, ticking(seconds))
  }
}

interface Parts {
  readonly root: HTMLDialogElement
  readonly title: HTMLElement
  readonly message: HTMLElement
  readonly timer: HTMLElement
  readonly failure: HTMLElement
  readonly button: HTMLElement
}

function partsOf(root: HTMLDialogElement): Parts {
  const title = part('h2', 'title')
  const message = part('p', 'message')
  const timer = part('p', 'timer')
  const failure = part('p', 'failure')
  const button = part('button', 'button', { type: 'button', autofocus: '' })
  // The message changes in steps and is spoken politely; the timer, each second, is for the eye.
  setAttributes(message, { 'aria-live': 'polite' })
  setAttributes(timer, { 'aria-hidden': 'true' })
  setAttributes(failure, { role: 'alert' })
  setAttributes(root, { class: 'session-dialog', role: 'alertdialog', 'aria-labelledby': title.id, 'aria-describedby': message.id })
  root.append(title, message, timer, failure, button)
  return { root, title, message, timer, failure, button }
}

function part(tag: string, name: string, attributes: Readonly<Record<string, string>> = {}): HTMLElement {
  const element = document.createElement(tag)
  setAttributes(element, { id: `session-dialog-${name}`, class: `session-dialog-${name}`, ...attributes })
  return element
}

function setAttributes(element: HTMLElement, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
}

/** Only what changed: a screen reader speaks a live text whenever it is set. */
function say(element: HTMLElement | undefined, text: string): void {
  if (element !== undefined && element.textContent !== text) element.textContent = text
}
