// The chat in the browser. The server made a page that works by itself; here it becomes live: rooms change without a new page, messages come as they are
// written, and what is written goes out when it can.
import { Composer } from './chat/composer.js'
import { Connection } from './chat/connection.js'
import { Drafts } from './chat/drafts.js'
import { MessageList } from './chat/message-list.js'
import { newId } from './chat/new-id.js'
import { Outbox } from './chat/outbox.js'
import { People } from './chat/people.js'
import { renewForms } from './chat/renew-forms.js'
import { Rooms } from './chat/rooms.js'
import { Memory } from './chat/storage.js'
import { Unread } from './chat/unread.js'
import { beforeLeaving, leave } from './leaving.js'

const SIGN_OUT_WAIT_MS = 2000

const { me, name, drafts: saved, room: firstRoom } = document.querySelector('.rooms').dataset
const myself = { id: Number(me), name }
const here = new Memory('sessionStorage', me)
here.forgetOthers()

let room = firstRoom
/** The last message that reached this tab. */
let last = null
let wasWelcomed = false
/** Where the session remembers this tab to be. */
let knownRoom = null

const unread = new Unread({ memory: new Memory('localStorage', me), changed: showUnread })
const connection = new Connection({
  after: () => last ?? unread.last,
  listener: {
    welcome,
    message: receive,
    draft: (draft) => drafts.hear(draft),
    people: setPeople,
    ended: leave,
    state: showState,
  },
})
const drafts = new Drafts({ connection, memory: here, saved: JSON.parse(saved), changed: showDraft })
const outbox = new Outbox({
  connection,
  memory: here,
  listener: { sent: (_entry, message) => receive(message), changed: (entry) => entry.room === room && list.showPending(entry) },
})
const rooms = new Rooms({ me: myself.id })
const people = new People({ onOpen: (chosen) => open(chosen, { isNew: true }) })
const list = new MessageList({ me: myself, onOlder: showOlder, onRetry: (clientId) => outbox.retry(clientId), onDiscard: discard })
const composer = new Composer({ onSend: send, onInput: (text) => drafts.write(room, text) })

addEventListener('popstate', () => open(new URLSearchParams(location.search).get('with') ?? firstRoom))
addEventListener('visibilitychange', () => {
  knownRoom = null
  read()
})
addEventListener('pagehide', () => drafts.send())
document.querySelector('.sign-out').addEventListener('submit', signOut)
// Who was away comes back to what was begun; who was signed out from elsewhere may have had a reason.
beforeLeaving((why) => (why === 'signed-out' ? here.forget() : drafts.keepAll()))
if (new URLSearchParams(location.search).has('before')) document.querySelector('.newer').hidden = true
else rooms.put(room, list.read())
void open(room)

/** Shows a room; `isNew`: the back button leads to the one before. */
async function open(chosen, { isNew = false } = {}) {
  room = chosen
  if (isNew) {
    history.pushState(null, '', `/chat?with=${room}`)
    // What the page had to say was said in the room before.
    document.querySelector('.room > .said')?.remove()
  }
  const name = people.nameOf(room) ?? 'Everybody'
  document.querySelector('h1').textContent = name
  people.setCurrent(room)
  composer.setLabel(room === 'everybody' ? 'Message to everybody' : `Message to ${name}`)
  composer.set(drafts.in(room))
  composer.focus()
  showUnread()
  showDraftMarks()
  await showMessages()
}

/** The room may have been left while its messages were on the way. */
async function showMessages() {
  const shown = room
  try {
    const { messages, hasOlder } = rooms.in(shown) ?? (await rooms.load(shown))
    if (shown !== room) return
    list.show({ messages, pending: outbox.in(shown), hasOlder, emptyText: emptyText() })
    unread.saw(messages.map(({ id }) => id))
    read()
  } catch {
    if (shown === room) list.say('The messages could not be loaded. They come as soon as the connection is back.')
  }
}

function emptyText() {
  if (room === 'everybody') return 'Nobody has written to everybody yet. Say hello.'
  return `Only you and ${people.nameOf(room)} can read what is written here.`
}

async function showOlder() {
  const shown = room
  const older = await rooms.loadOlder(shown).catch(() => null)
  if (older !== null && shown === room) list.showOlder(older, rooms.in(shown).hasOlder)
}

/** Connected, for the first time or again: what was missed comes, what was written goes. */
function welcome({ missed, more }) {
  const isFirst = unread.last === null
  if (more) rooms.forget()
  for (const message of missed) take(message, { isOld: isFirst })
  knownRoom = null
  read()
  if (more || rooms.in(room) === undefined) void showMessages()
  else if (!wasWelcomed) void complete()
  wasWelcomed = true
  void outbox.send()
  void drafts.send()
}

/** What came between the making of the page and the first connection, and what another tab of this browser was told before this one was there. */
async function complete() {
  const shown = room
  const { messages } = await rooms.newest(shown).catch(() => ({ messages: [] }))
  for (const message of messages) if (rooms.add(message) && shown === room) list.add(message)
  if (shown === room) read()
}

function receive(message) {
  take(message)
  if (rooms.roomOf(message) === room) read()
  else showUnread()
}

/** Each message once, whichever ways it came. `isOld`: from before this browser was here, so not unread. */
function take(message, { isOld = false } = {}) {
  const { id, from, clientId } = message
  const where = rooms.roomOf(message)
  last = Math.max(last ?? 0, id)
  const isNew = unread.reached(id)
  const isOwn = from.id === myself.id
  if (isOwn) outbox.remove(clientId)
  else people.know(from)
  if (isNew && !isOld && !isOwn) unread.add(where, id)
  if (rooms.add(message) && where === room) list.add(message)
  // It was here already, but not known as what was sent before the page was loaded anew.
  else if (isOwn) list.discard(clientId)
}

/** What is in front of somebody's eyes is read; and the session remembers where somebody was last. */
function read() {
  showUnread()
  if (document.visibilityState !== 'visible' || knownRoom === room || !connection.isOpen) return
  knownRoom = room
  void connection.ask('read', { room, id: rooms.in(room)?.messages.at(-1)?.id ?? null })
}

function send(text) {
  const entry = { clientId: newId(), to: room === 'everybody' ? null : Number(room), room, text, at: new Date().toISOString() }
  list.showPending(entry)
  outbox.add(entry)
  drafts.write(room, '')
}

function discard(clientId) {
  const entry = outbox.remove(clientId)
  list.discard(clientId)
  if (drafts.in(room) !== '') return
  composer.set(entry.text)
  drafts.write(room, entry.text)
}

/** What was begun goes along into the database, with the session's last state. */
async function signOut(event) {
  event.preventDefault()
  const ready = Promise.all([drafts.send(), renewForms()])
  await Promise.race([ready, new Promise((resolve) => setTimeout(resolve, SIGN_OUT_WAIT_MS))])
  event.target.submit()
}

function setPeople(all) {
  people.setPeople(all.filter(({ id }) => id !== myself.id))
  showUnread()
  showDraftMarks()
}

function showDraft(where, text) {
  if (where === room) composer.set(text)
  showDraftMarks()
}

function showDraftMarks() {
  for (const each of people.rooms) people.setDraft(each, each !== room && drafts.in(each) !== '')
}

function showUnread() {
  if (document.visibilityState === 'visible') unread.clear(room)
  people.setUnread((each) => unread.count(each))
  const count = unread.total
  const title = `${people.nameOf(room) ?? 'Everybody'} - Steady Chat`
  document.title = count === 0 ? title : `(${count}) ${title}`
}

function showState(state, text) {
  const shown = document.querySelector('.connection')
  shown.dataset.state = state
  if (shown.textContent !== text) shown.textContent = text
}
