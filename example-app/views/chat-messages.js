import { avatar, hueOf, initialOf } from './chat-people.js'
import { html } from './html.js'

/** What one person writes within so many milliseconds stands together, under one name. */
const TOGETHER_MS = 5 * 60 * 1000

/** `isOlder`: these are not the newest, since somebody without a script asked for what came before. */
export function messageList({ user, room, partner, messages, hasOlder, isOlder }) {
  const first = messages[0]
  return html`<div class="scroller" id="messages" tabindex="0" role="log" aria-label="Messages">
    <div>
      <p class="older"${!hasOlder && html` hidden`}><a class="button" href="/chat?with=${room}&amp;before=${first?.id}">Show earlier messages</a></p>
      <p class="hint empty"${first !== undefined && html` hidden`}>${emptyText(partner)}</p>
      <ol class="messages" role="list">
        ${messages.map((message, n) => messageItem(message, message.from.id === user.id, follows(message, messages[n - 1])))}
      </ol>
      ${isOlder && html`<p class="newer"><a class="button" href="/chat?with=${room}">Back to the newest</a></p>`}
    </div>
  </div>`
}

/** The same markup, empty, for the script to fill in. */
export function messageTemplate() {
  return messageItem({ id: '', from: { id: 0, name: '' }, text: '', sentAt: '' }, false, false)
}

function messageItem({ id, from, text, sentAt }, isOwn, doesFollow) {
  return html`<li class="message${isOwn && ' own'}${doesFollow && ' follows'}" data-id="${id}" data-from="${from.id}">
    ${avatar(initialOf(from.name), hueOf(from.id))}
    <p class="head"><b class="from">${from.name}</b> <time datetime="${sentAt}">${clock(sentAt)}</time></p>
    <p class="text" dir="auto">${text}</p>
  </li>`
}

function emptyText(partner) {
  return partner === undefined
    ? 'Nobody has written to everybody yet. Say hello.'
    : `Only you and ${partner.name} can read what is written here.`
}

function follows(message, before) {
  return before !== undefined && before.from.id === message.from.id && Date.parse(message.sentAt) - Date.parse(before.sentAt) < TOGETHER_MS
}

/** The server does not know where the reader is: the script changes it to the reader's own time. */
function clock(sentAt) {
  return sentAt === '' ? '' : `${sentAt.slice(0, 16).replace('T', ' ')} UTC`
}
