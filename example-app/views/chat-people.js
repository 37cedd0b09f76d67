import { html } from './html.js'
import { peopleIcon } from './icons.js'

/** The rooms: everybody, and one with each person. On a desktop at the side; on a phone a popover, which needs no script. */
export function peoplePanel({ room, people, drafts }) {
  const everybody = { room: 'everybody', name: 'Everybody', hue: 'all', face: peopleIcon }
  const items = [everybody, ...people.map(({ id, name }) => ({ room: String(id), name, hue: hueOf(id), face: initialOf(name) }))]
  return html`<nav id="people" class="people" popover aria-label="Rooms">
    <ul role="list">
      ${items.map((item) => roomItem({ ...item, isHere: item.room === room, hasDraft: item.room !== room && Boolean(drafts[item.room]) }))}
    </ul>
    ${people.length === 0 && html`<p class="hint alone">Nobody else has an account yet. Open another browser and create one.</p>`}
  </nav>`
}

export function roomTemplate() {
  return roomItem({ room: '', name: '', hue: 0, face: '' })
}

/** The same person has the same colour everywhere; `public/chat/avatar.js` does it alike. */
export function hueOf(id) {
  return id % 6
}

export function avatar(content, hue) {
  return html`<span class="avatar hue-${hue}" aria-hidden="true">${content}</span>`
}

export function initialOf(name) {
  return (Array.from(name)[0] ?? '').toUpperCase()
}

function roomItem({ room, name, hue, face, isHere, hasDraft }) {
  return html`<li>
    <a class="room-link" href="/chat?with=${room}" data-room="${room}"${isHere && html` aria-current="page"`}>
      ${avatar(face, hue)}
      <span class="name">${name}</span>
      <span class="online" hidden><span class="unseen">, online</span></span>
      <span class="draft"${!hasDraft && html` hidden`}>Draft</span>
      <span class="badge" hidden></span>
    </a>
  </li>`
}
