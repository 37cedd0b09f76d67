// The messages on the page. Whatever people wrote becomes text, never markup.
import { paintAvatar } from './avatar.js'

/** As views/chat-messages.js does it. */
const TOGETHER_MS = 5 * 60 * 1000
const NEAR_END_PX = 120

const { lang } = document.documentElement
const clock = new Intl.DateTimeFormat(lang, { timeStyle: 'short' })
const exact = new Intl.DateTimeFormat(lang, { dateStyle: 'full', timeStyle: 'medium' })
const dayOf = new Intl.DateTimeFormat(lang, { weekday: 'long', day: 'numeric', month: 'long' })
const relative = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' })

export class MessageList {
  #me
  #list = document.querySelector('.messages')
  #scroller = document.querySelector('.scroller')
  #older = document.querySelector('.older')
  #empty = document.querySelector('.empty')
  #toNewest = document.querySelector('.to-newest')
  #template = document.getElementById('message-template')
  #onRetry
  #onDiscard

  constructor({ me, onOlder, onRetry, onDiscard }) {
    this.#me = me
    this.#onRetry = onRetry
    this.#onDiscard = onDiscard
    this.#older.querySelector('a').addEventListener('click', (event) => {
      event.preventDefault()
      onOlder()
    })
    this.#scroller.addEventListener('scroll', () => this.#showWayDown(), { passive: true })
    this.#toNewest.addEventListener('click', () => this.toEnd())
  }

  /** What the server has put there. */
  read() {
    const messages = [...this.#list.children].map((item) => ({
      id: Number(item.dataset.id),
      from: { id: Number(item.dataset.from), name: item.querySelector('.from').textContent },
      text: item.querySelector('.text').textContent,
      sentAt: item.querySelector('time').dateTime,
    }))
    return { messages, hasOlder: !this.#older.hidden }
  }

  /** Another room. */
  show({ messages, pending, hasOlder, emptyText }) {
    this.#scroller.setAttribute('aria-busy', 'true')
    this.#empty.textContent = emptyText
    this.#list.replaceChildren(...messages.map((message) => this.#item(message)))
    for (const entry of pending) this.showPending(entry)
    this.#arrange(hasOlder)
    this.toEnd()
    this.#scroller.removeAttribute('aria-busy')
  }

  showOlder(messages, hasOlder) {
    this.#scroller.setAttribute('aria-busy', 'true')
    this.#list.prepend(...messages.map((message) => this.#item(message)))
    this.#arrange(hasOlder)
    // The button that was pressed is gone, but who pressed it goes on from here.
    if (!hasOlder) this.#scroller.focus({ preventScroll: true })
    this.#scroller.removeAttribute('aria-busy')
  }

  add(message) {
    const item = this.#pendingItem(message) ?? this.#item(message)
    const before = [...this.#list.children].findLast(({ dataset }) => dataset.id !== undefined && Number(dataset.id) < message.id)
    item.classList.add('new')
    if (item.previousElementSibling !== (before ?? null) || !item.isConnected) {
      if (before === undefined) this.#list.prepend(item)
      else before.after(item)
    }
    this.#arrange()
  }

  /** It has not arrived yet, or was refused. */
  showPending(entry) {
    const { clientId, text, at, problem } = entry
    const known = this.#list.querySelector(`[data-client-id="${clientId}"]`)
    const item = known ?? this.#item({ from: this.#me, text, sentAt: at })
    item.dataset.clientId = clientId
    item.classList.add('waiting')
    item.classList.toggle('failed', problem !== undefined)
    item.querySelector('.state')?.remove()
    item.append(this.#state(entry))
    if (known !== null) return
    this.#list.append(item)
    this.#arrange()
    this.toEnd()
  }

  discard(clientId) {
    this.#list.querySelector(`[data-client-id="${clientId}"]`)?.remove()
    this.#arrange()
  }

  /** From the bottom up: zero is the end. */
  toEnd() {
    this.#scroller.scrollTop = 0
    this.#showWayDown()
  }

  say(text) {
    this.#list.replaceChildren()
    this.#older.hidden = true
    this.#empty.hidden = false
    this.#empty.textContent = text
  }

  #showWayDown() {
    this.#toNewest.hidden = this.#scroller.scrollTop > -NEAR_END_PX
  }

  #item({ id, from, text, sentAt }) {
    const item = this.#template.content.firstElementChild.cloneNode(true)
    const time = item.querySelector('time')
    const date = new Date(sentAt)
    if (id === undefined) delete item.dataset.id
    else item.dataset.id = id
    item.dataset.from = from.id
    item.classList.toggle('own', from.id === this.#me.id)
    paintAvatar(item.querySelector('.avatar'), from)
    item.querySelector('.from').textContent = from.name
    item.querySelector('.text').textContent = text
    time.dateTime = sentAt
    time.title = exact.format(date)
    time.textContent = clock.format(date)
    return item
  }

  /** What was written here comes back with a number and the server's time. */
  #pendingItem({ id, clientId, from, sentAt }) {
    const item = from.id === this.#me.id && this.#list.querySelector(`[data-client-id="${CSS.escape(clientId)}"]`)
    if (!item) return null
    delete item.dataset.clientId
    item.dataset.id = id
    item.classList.remove('waiting', 'failed')
    item.querySelector('.state').remove()
    item.querySelector('time').dateTime = sentAt
    return item
  }

  #state({ clientId, problem }) {
    const state = document.createElement('p')
    state.className = 'state'
    state.append(problem ?? 'Sending…')
    if (problem !== undefined) {
      state.setAttribute('role', 'alert')
      state.append(
        button('Try again', () => this.#onRetry(clientId)),
        button('Discard', () => this.#onDiscard(clientId)),
      )
    }
    return state
  }

  /** Who goes on speaking is not named again; a new day is. */
  #arrange(hasOlder) {
    let before = null
    for (const item of this.#list.children) {
      const { from } = item.dataset
      const at = new Date(item.querySelector('time').dateTime)
      const isNewDay = before === null || before.at.toDateString() !== at.toDateString()
      item.classList.toggle('follows', !isNewDay && before.from === from && at - before.at < TOGETHER_MS)
      if (isNewDay) item.dataset.day = nameOf(at)
      else delete item.dataset.day
      before = { from, at }
    }
    if (hasOlder !== undefined) this.#older.hidden = !hasOlder
    this.#empty.hidden = before !== null
  }
}

function nameOf(date) {
  const days = Math.round((new Date().setHours(12, 0, 0, 0) - new Date(date).setHours(12, 0, 0, 0)) / 86_400_000)
  const text = days < 2 ? relative.format(-days, 'day') : dayOf.format(date)
  return text[0].toUpperCase() + text.slice(1)
}

function button(text, press) {
  const made = document.createElement('button')
  made.type = 'button'
  made.textContent = text
  made.addEventListener('click', press)
  return made
}
