import { randomUUID } from 'node:crypto'
import { MAX_TEXT } from '../chat/validation.js'
import { messageList, messageTemplate } from './chat-messages.js'
import { peoplePanel, roomTemplate } from './chat-people.js'
import { hiddenToken } from './fields.js'
import { html } from './html.js'
import { peopleIcon, sendIcon } from './icons.js'
import { layout } from './layout.js'
import { menu } from './menu.js'

/** As many as the server gives at once: fewer, and there are none before them. */
const PAGE = 50

/**
 * The chat in one room, whole without a script: `public/chat.js` takes over what is here. `room`: `'everybody'` or a user's id as text; `messages`: the
 * newest of the room, or those before `before`; `drafts`: texts not sent yet, by room. Beside messages of `before` stands the way back to the newest.
 */
export function chatPage(given) {
  const { csrfToken, user, room, people, messages, drafts = {}, notice, problem, can, isAdmin, before } = given
  const others = people.filter(({ id }) => id !== user.id)
  const partner = others.find(({ id }) => String(id) === room)
  return layout({
    title: partner?.name ?? 'Everybody',
    look: 'chat',
    user,
    menu: menu({ user, can, isAdmin, csrfToken, here: '/chat' }),
    styles: ['/chat.css', '/people.css', '/messages.css', '/composer.css'],
    scripts: ['/chat.js', '/warning.js'],
    content: html`<div class="rooms" data-me="${user.id}" data-name="${user.name}" data-room="${room}" data-drafts="${JSON.stringify(drafts)}">
      ${peoplePanel({ room, people: others, drafts })}
      <main id="content" class="room" tabindex="-1">
        ${roomHead(partner)}
        ${notice && html`<p class="said" role="status">${notice}</p>`}
        ${problem && html`<p class="said bad" role="alert">${problem}</p>`}
        ${messageList({ user, room, partner, messages, hasOlder: messages.length >= PAGE, isOlder: before !== undefined })}
        ${composer({ csrfToken, room, partner, draft: drafts[room] })}
      </main>
      <template id="message-template">${messageTemplate()}</template>
      <template id="room-template">${roomTemplate()}</template>
    </div>`,
  })
}

function roomHead(partner) {
  return html`<div class="room-head">
    <button class="people-button" type="button" popovertarget="people">${peopleIcon}<span>People</span><span class="badge" hidden></span></button>
    <h1>${partner?.name ?? 'Everybody'}</h1>
    <p class="connection" role="status"></p>
  </div>`
}

function composer({ csrfToken, room, partner, draft = '' }) {
  const label = partner === undefined ? 'Message to everybody' : `Message to ${partner.name}`
  return html`<form class="composer" method="post" action="/sendComment">
    ${hiddenToken(csrfToken)}
    <input type="hidden" name="to" value="${room === 'everybody' ? '' : room}">
    <input type="hidden" name="clientId" value="${randomUUID()}">
    <label class="unseen" for="text">${label}</label>
    <textarea id="text" name="text" rows="1" required maxlength="${MAX_TEXT}" placeholder="${label}" enterkeyhint="send" autocomplete="off" aria-describedby="left">${draft}</textarea>
    <button class="primary send">${sendIcon}<span>Send</span></button>
    <button class="to-newest" type="button" hidden>To the newest</button>
    <p class="left" id="left" role="status"></p>
  </form>`
}
