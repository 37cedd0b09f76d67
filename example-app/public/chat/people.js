// The list of rooms: who is online, what is unread, where something was begun.
import { paintAvatar } from './avatar.js'

export class People {
  #nav = document.getElementById('people')
  #list = this.#nav.querySelector('ul')
  #template = document.getElementById('room-template')
  #totalBadge = document.querySelector('.people-button .badge')

  /** `onOpen(room)`: somebody chose one. */
  constructor({ onOpen }) {
    this.#nav.addEventListener('click', (event) => {
      const link = event.target.closest('[data-room]')
      // With a key held down it is for another tab or window.
      if (link === null || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      if (this.#nav.matches(':popover-open')) this.#nav.hidePopover()
      onOpen(link.dataset.room)
    })
  }

  get rooms() {
    return this.#links().map(({ dataset }) => dataset.room)
  }

  nameOf(room) {
    return this.#link(room)?.querySelector('.name').textContent
  }

  setCurrent(room) {
    for (const link of this.#links()) {
      if (link.dataset.room === room) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
  }

  setPeople(people) {
    for (const { id, name, online } of people) {
      this.know({ id, name }).querySelector('.online').hidden = !online
    }
  }

  /** Somebody new may write before anybody has seen them online. */
  know({ id, name }) {
    return this.#link(String(id)) ?? this.#add({ id, name })
  }

  setDraft(room, hasDraft) {
    const mark = this.#link(room)?.querySelector('.draft')
    if (mark !== undefined) mark.hidden = !hasDraft
  }

  /** `count(room)`: how many are unread there. */
  setUnread(count) {
    let total = 0
    for (const link of this.#links()) {
      const unread = count(link.dataset.room)
      total += unread
      setBadge(link.querySelector('.badge'), unread)
    }
    setBadge(this.#totalBadge, total)
  }

  #add({ id, name }) {
    const item = this.#template.content.firstElementChild.cloneNode(true)
    const link = item.querySelector('a')
    link.href = `/chat?with=${id}`
    link.dataset.room = id
    link.querySelector('.name').textContent = name
    paintAvatar(link.querySelector('.avatar'), { id, name })
    this.#list.append(item)
    this.#nav.querySelector('.alone')?.remove()
    return link
  }

  #link(room) {
    return this.#links().find(({ dataset }) => dataset.room === room)
  }

  #links() {
    return [...this.#list.querySelectorAll('[data-room]')]
  }
}

/** For the eye a number; for the ear what it counts. */
function setBadge(badge, count) {
  const unseen = document.createElement('span')
  unseen.className = 'unseen'
  unseen.textContent = ' unread'
  badge.hidden = count === 0
  badge.replaceChildren(...(count === 0 ? [] : [count > 99 ? '99+' : String(count), unseen]))
}
